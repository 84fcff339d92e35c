// What did not work, or is wrong: the phone's codes, as sentences of the catalogue.
import type {
  CalleeFault,
  DescriptionFault,
  DeviceFault,
  FileDamage,
  FileFault,
  FileReason,
  LineFault,
  MediaFault,
  RecordingFault,
  ServiceFault,
  SetupFault,
  Skipped,
  SoundFault,
  TelephoneFault,
  TlsFault,
  TokenFault,
  TransferFault,
  Trouble,
} from "../bridge/types";
import { about, continued, isolated, quoted, say } from "../words/words";
import { faultWords, problemWords, refusalWords } from "./refusals";
import { causeWords, offlineWords } from "./texts";

/** What a notice tells, or a step of a call that failed. */
export function troubleWords(trouble: Trouble): string {
  switch (trouble.code) {
    case "answer-unusable":
      return say("trouble.answer-unusable", { why: continued(descriptionWords(trouble.fault)) });
    case "change-refused":
      return say("trouble.change-refused", { status: trouble.status, text: quoted(trouble.text) });
    case "broken":
      return say(`internal.${trouble.fault}`);
    case "relay-refused":
      return say("fact.relay-refused", { server: isolated(trouble.server), error: trouble.error });
    case "transfer-refused":
      return transferWords(trouble.fault);
    case "transfer-failed":
      return say("transfer.failed", { message: continued(transferWords(trouble.fault)) });
    case "recording":
      return recordingWords(trouble.fault);
    case "device":
      return namedDeviceWords(trouble.fault);
    case "telephone":
      return telephoneWords(trouble.fault);
    case "service":
      return serviceWords(trouble.fault);
    case "no-such-account":
    case "nobody-to-ask":
      return say(`trouble.${trouble.code}`, { account: isolated(trouble.account) });
    case "settings-unread":
      return say("trouble.settings-unread", { kept: isolated(trouble.kept), why: fileWords(trouble.fault) });
    case "settings-untouched":
    case "rules-unread":
      return say(`trouble.${trouble.code}`, { file: isolated(trouble.file), why: fileWords(trouble.fault) });
    case "offer-lost":
      return say("trouble.offer-lost", { why: fileWords(trouble.fault) });
    case "field":
      return problemWords(trouble.problem);
    case "refused":
      return refusalWords(trouble.refusal);
    case "history-not-kept":
      return say("trouble.history-not-kept", { why: refusalWords(trouble.refusal) });
    case "book-not-kept":
      return say("trouble.book-not-kept", { file: isolated(trouble.file), why: refusalWords(trouble.refusal) });
    default: {
      const { code, ...values } = trouble;
      return say(`trouble.${code}`, values);
    }
  }
}

/** Why a transfer cannot begin, or did not work. */
export function transferWords(fault: TransferFault): string {
  switch (fault.code) {
    case "ended":
      return causeWords(fault.cause);
    case "refused":
      return say("transfer-fault.refused", { status: fault.status, text: quoted(fault.text) });
    case "telephone":
      return telephoneWords(fault.fault);
    default:
      return say(`transfer-fault.${fault.code}`);
  }
}

function telephoneWords(fault: TelephoneFault): string {
  return say(`telephone.${fault.code}`, fault.code === "refused" ? { text: quoted(fault.text) } : {});
}

function serviceWords(fault: ServiceFault): string {
  switch (fault.code) {
    case "gone":
    case "gone-for-good":
      return say(`service.${fault.code}`, { why: offlineWords(fault.cause) });
    case "refused":
    case "room-refused":
      return say(`service.${fault.code}`, { text: quoted(fault.text) });
    case "change-refused":
      return say("service.change-refused", { what: say(`switch.${fault.what}`), text: quoted(fault.text) });
    case "change-unanswered":
      return say("service.change-unanswered", { what: say(`switch.${fault.what}`) });
    default:
      return say(`service.${fault.code}`);
  }
}

/** Why the far end's description of its audio cannot be used. */
export function descriptionWords(fault: DescriptionFault): string {
  return say(`described.${fault.code}`, fault.code === "plain-rtp" ? { profile: isolated(fault.profile) } : {});
}

/** Why the audio has no way. */
export function mediaWords(fault: MediaFault): string {
  if (fault.code === "line") return lineWords(fault.fault);
  return say(`media.${fault.code}`, fault.code === "broken-off" ? { alert: isolated(fault.alert) } : {});
}

/** What went wrong with a call at its account's line. */
export function lineWords(fault: LineFault): string {
  switch (fault.code) {
    case "offline":
      return offlineWords(fault.cause);
    case "telephone":
      return telephoneWords(fault.fault);
    case "no-token":
      return say("line.no-token", { why: continued(tokenWords(fault.fault)) });
    default:
      return say(`line.${fault.code}`);
  }
}

/** Why nobody can be called like that. */
export function calleeWords(fault: CalleeFault): string {
  switch (fault.code) {
    case "not-a-name":
      return quoted(fault.words);
    case "service":
    case "caller-id":
      return say(`callee.${fault.code}`, { why: continued(faultWords(fault.fault)) });
    default:
      return say(`callee.${fault.code}`);
  }
}

/** What is wrong with a sound device, where it is not named already. */
export function namedDeviceWords(fault: DeviceFault): string {
  if (!("role" in fault)) return deviceWords(fault);
  return about(say(`devices.${fault.role}`), deviceWords(fault));
}

/** The same where it is named. */
export function deviceWords(fault: DeviceFault): string {
  switch (fault.code) {
    case "unusable":
    case "rings-otherwise":
    case "rings-unheard":
      return say(`device.${fault.code}`, { why: soundWords(fault.fault) });
    case "replaced":
      return say("device.replaced", { device: soundDevice(fault.device) });
    case "quiet":
      return say("device.quiet", { dbfs: fault.dbfs });
    default:
      return say(`device.${fault.code}`);
  }
}

/** Why sound cannot be had. */
export function soundWords(fault: SoundFault): string {
  switch (fault.code) {
    case "no-device":
    case "timed-out":
    case "failed":
      return say(`audio.${fault.code}`);
    case "file":
      return fault.file ? about(isolated(fault.file), reasonWords(fault.reason)) : reasonWords(fault.reason);
    case "no-list":
      return say("audio.no-list", { words: quoted(fault.words) });
    case "refused":
      return say("audio.refused", { device: soundDevice(fault.device), words: quoted(fault.words) });
    default:
      return say(`audio.${fault.code}`, { device: soundDevice(fault.device) });
  }
}

/** A device by its name, where it is known. */
const soundDevice = (device: string) => (device ? isolated(device) : say("audio.default"));

function reasonWords(reason: FileReason): string {
  return reason.code === "said" ? quoted(reason.words) : say(`file.${reason.code}`);
}

function recordingWords(fault: RecordingFault): string {
  switch (fault.code) {
    case "folder":
      return say("recording.folder", { detail: quoted(fault.detail) });
    case "not-begun":
    case "ended":
      return say(`recording.${fault.code}`, { why: soundWords(fault.fault) });
    default:
      return say(`recording.${fault.code}`);
  }
}

/** Why a file cannot be used. */
export function fileWords(fault: FileFault): string {
  switch (fault.code) {
    case "unreadable":
      return say("file.unreadable", { detail: quoted(fault.detail) });
    case "damaged":
      return fault.line === null
        ? say("file.damaged", { why: damageWords(fault.damage) })
        : say("file.damaged-line", { line: fault.line, why: damageWords(fault.damage) });
    case "newer":
      return say("file.newer");
  }
}

/** What makes no sense in a file. */
function damageWords(damage: FileDamage): string {
  switch (damage.code) {
    case "field":
      return problemWords(damage.problem);
    case "unknown":
    case "value":
      return say(`damage.${damage.code}`, { name: isolated(damage.name) });
    case "not-forced-on":
      return say("damage.not-forced-on", { feature: isolated(damage.feature) });
    case "too-large":
      return say("damage.too-large", { most_kb: damage.most_kb });
    default:
      return say(`damage.${damage.code}`);
  }
}

/** Why an account cannot be used as it is. */
export function setupWords(fault: SetupFault): string {
  switch (fault.code) {
    case "not-a-name":
      return quoted(fault.words);
    case "caller-id":
      return say("setup.caller-id", { why: continued(faultWords(fault.fault)) });
    case "authorities-unread":
      return say("setup.authorities-unread", { file: isolated(fault.file), detail: quoted(fault.detail) });
    default: {
      const { code, ...values } = fault;
      return say(`setup.${code}`, keptApart(values));
    }
  }
}

/** Why there is no token. */
export function tokenWords(fault: TokenFault): string {
  switch (fault.code) {
    case "asked":
      return refusalWords(fault.refusal);
    case "status":
      return say("token.status", { status: fault.status });
    default:
      return say(`token.${fault.code}`);
  }
}

/** What is wrong with a secure connection. */
export function tlsWords(fault: TlsFault): string {
  switch (fault.code) {
    case "said":
    case "not-accepted":
      return say(`tls.${fault.code}`, { words: quoted(fault.words) });
    case "expired":
      return say("tls.expired", { on: inBrackets(fault.on) });
    case "not-yet-valid":
      return say("tls.not-yet-valid", { from: inBrackets(fault.from) });
    case "other-name":
      return say("tls.other-name", { names: inBrackets(fault.names) });
    default: {
      const { code, ...values } = fault;
      return say(`tls.${code}`, values);
    }
  }
}

/** A part of a file that is no contact. */
export function skippedWords({ line, fault }: Skipped): string {
  if (fault.code === "contact") return say("skipped.line", { line, why: continued(refusalWords(fault.refusal)) });
  const { code, ...values } = fault;
  return say("skipped.line", { line, why: say(`skipped.${code}`, values) });
}

const inBrackets = (text: string) => (text ? `(${isolated(text)})` : "");

/** Texts of others that stand in a sentence, each in its own direction. */
function keptApart(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, isolated(text)]));
}

// State in words: what the snapshot holds, as sentences of the catalogue.
import type {
  AccountCan,
  AccountState,
  CallState,
  CallView,
  Cause,
  MediaStatistics,
  OfflineCause,
  Remote,
} from "../bridge/types";
import { about, continued, isolated, quoted, say, spokenLocale } from "../words/words";
import {
  calleeWords,
  descriptionWords,
  deviceWords,
  lineWords,
  mediaWords,
  setupWords,
  soundWords,
  tlsWords,
  tokenWords,
  transferWords,
} from "./troubles";

/** mm:ss, or h:mm:ss. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** Whom a call is with, as a title: the contact's name, the name told, or the number. */
export function remoteName(remote: Remote, contact: { name: string } | null): string {
  return contact?.name || remote.name || remote.number || remote.uri || say("call.unknown");
}

/** The number beneath the title; empty where the title is the number already. */
export function remoteNumber(remote: Remote, contact: { name: string } | null): string {
  const number = remote.number || remote.uri;
  return number === remoteName(remote, contact) ? "" : number;
}

/** What calls, where the account's service tells: empty for people elsewhere. */
export function callerWords({ caller }: CallView): string {
  return caller === "service" || caller === "client" ? say(`caller.${caller}`) : "";
}

export function callName(call: CallView): string {
  return remoteName(call.remote, call.contact);
}

export function stateWords(state: CallState, inConference = false): string {
  switch (state.state) {
    case "dialing":
      return say("call.dialing");
    case "ringing":
      return say("call.ringing");
    case "early-media":
      return say("call.early-media");
    case "incoming":
      return say("call.incoming");
    case "connecting":
      return say("call.connecting");
    case "established":
      if (state.hold.local && state.hold.remote) return say("call.held-by-both");
      if (state.hold.local) return say("call.held");
      if (state.hold.remote) return say("call.held-by-them");
      return say(inConference ? "call.in-conference" : "call.established");
    case "ended":
      return causeWords(state.cause);
  }
}

export function causeWords(cause: Cause): string {
  // A cloud takes who is not there for who does not exist.
  const isAway = cause.kind === "not-found" && cause.code === 480;
  const kind = isAway ? say("cause.not-there") : say(`cause.${cause.kind}`);
  const more = moreOf(cause);
  const sentence = more ? about(kind, more) : kind;
  return "code" in cause && cause.code ? `${sentence} (${say("cause.code", { code: cause.code })})` : sentence;
}

/** What there is to say of a cause beside itself. */
function moreOf(cause: Cause): string {
  switch (cause.kind) {
    case "not-acceptable":
      return cause.fault ? descriptionWords(cause.fault) : quoted(cause.text);
    case "forbidden":
    case "server-failed":
      return quoted(cause.text);
    case "line-failed":
    case "account-not-ready":
      return lineWords(cause.fault);
    case "media-failed":
      return mediaWords(cause.fault);
    case "no-microphone":
    case "no-device":
      return cause.fault.code === "unusable" ? soundWords(cause.fault.fault) : deviceWords(cause.fault);
    case "internal":
      return say(`internal.${cause.fault}`);
    case "not-callable":
      return calleeWords(cause.fault);
    default:
      return "";
  }
}

export function accountWords(state: AccountState, can?: AccountCan): string {
  if (state.state === "ready" && can?.elsewhere) return say("account.desk-phone");
  if (state.state !== "offline") return say(`account.${state.state}`);
  const words = offlineWords(state.cause);
  return state.retry_in_s === null || state.retry_in_s === undefined
    ? words
    : `${words}, ${say("account.retry", { count: state.retry_in_s })}`;
}

export function offlineWords(cause: OfflineCause): string {
  const values: Record<string, string | number> = {};
  if ("host" in cause && cause.host) values.host = isolated(cause.host);
  if (cause.kind === "tls") values.why = continued(tlsWords(cause.fault));
  if (cause.kind === "no-token") values.why = continued(tokenWords(cause.fault));
  if (cause.kind === "configuration") values.why = continued(setupWords(cause.fault));
  if ("code" in cause && cause.code) values.code = cause.code;
  if ("text" in cause) values.text = quoted(cause.text);
  if ("found" in cause) Object.assign(values, { expected: cause.expected, found: cause.found });
  return say(`offline.${cause.kind}`, values);
}

export type Quality = "good" | "fair" | "bad" | "unknown";

/** How a call sounds, with the cause that weighs most. */
export function quality(media: MediaStatistics | null): { level: Quality; cause: string } {
  if (!media) return { level: "unknown", cause: "" };
  if (media.trouble) return { level: "bad", cause: say(`quality.${media.trouble}`) };
  const mos = media.mos ?? 0;
  if (mos <= 0) return { level: "unknown", cause: "" };
  const level = mos >= 3.8 ? "good" : mos >= 3.2 ? "fair" : "bad";
  return { level, cause: level === "good" ? "" : qualityCause(media) };
}

/** Where the audio of a call goes: both ends, and how they were found; undefined where that is not known. */
export function pathOf(media: MediaStatistics | null): string | undefined {
  const { addresses, pair } = media ?? {};
  return addresses && pair ? `${addresses.local} – ${addresses.remote} (${pair.local} – ${pair.remote})` : undefined;
}

/** What to do about audio that does not come or go; null where it does. */
export function troubleAdvice(media: MediaStatistics | null): string | null {
  switch (media?.trouble) {
    case "no-packets-in":
      return say("advice.one-way");
    case "no-packets-out":
      return say("advice.nothing-sent");
    case "microphone-silent":
      return say("advice.microphone-silent");
    default:
      return null;
  }
}

function qualityCause(media: MediaStatistics): string {
  const percent = (share: number) =>
    new Intl.NumberFormat(spokenLocale(), { style: "percent", maximumFractionDigits: 0 }).format(share);
  const [lossIn, lossOut, jitter] = [media.loss_in ?? 0, media.loss_out ?? 0, media.jitter_ms ?? 0];
  const delay = (media.round_trip_ms ?? 0) / 2 + (media.buffer_ms ?? 0);
  // Each against what the E-model begins to punish, so that they can be compared.
  const causes = [
    { weight: lossIn / 0.03, words: say("quality.loss-in", { percent: percent(lossIn) }) },
    { weight: lossOut / 0.03, words: say("quality.loss-out", { percent: percent(lossOut) }) },
    { weight: jitter / 40, words: say("quality.jitter", { ms: Math.round(jitter) }) },
    { weight: delay / 200, words: say("quality.delay", { ms: Math.round(delay) }) },
  ];
  return causes.reduce((worst, cause) => (cause.weight > worst.weight ? cause : worst)).words;
}

/** How the transfer of a call is getting on, or what the other side asks for; empty where there is none. */
export function transferState({ transfer }: CallView): string {
  switch (transfer?.step) {
    case "asked":
      return say("transfer.asked", { target: isolated(transfer.target) });
    case "moving":
      return say("transfer.moving", { words: say(`transferring.${transfer.stage}`) });
    case "failed":
      return say("transfer.failed", { message: continued(transferWords(transfer.fault)) });
    default:
      return "";
  }
}

/** Whether the call is over, still ringing here, or something in between. */
export const isEnded = (call: CallView) => call.state.state === "ended";
export const isIncoming = (call: CallView) => call.state.state === "incoming";
export const isEstablished = (call: CallView) => call.state.state === "established";
export const isHeld = (call: CallView) => call.state.state === "established" && call.state.hold.local;
export const isTalking = (call: CallView) => isEstablished(call) && !isHeld(call);

// What the engine tells by codes, as sentences of the catalogue.
import type { Cause, CheckFact, Finding, IceStep, OfflineCause, StoryFact, TrialFact } from "../../bridge/types";
import { about, continued, isolated, type Key, quoted, say, spokenLocale } from "../../words/words";
import { problemWords } from "../refusals";
import { causeWords, offlineWords } from "../texts";
import { mediaWords, troubleWords } from "../troubles";

/** A step of a call. */
export function factWords(fact: StoryFact): string {
  switch (fact.code) {
    case "message":
      return fact.title;
    case "offline":
      return say("fact.offline", { words: continued(offlineWords(fact.cause)) });
    case "connected":
      return fact.pair ? `${say("fact.connected")} (${fact.pair.local} – ${fact.pair.remote})` : say("fact.connected");
    case "trouble":
      return say(`quality.${fact.trouble}`);
    case "poor-audio":
    case "good-audio":
      return about(say(`fact.${fact.code}`), figures(fact));
    case "held":
      return say(heldKey(fact));
    case "recording":
      return say(fact.on ? "call.recording" : "fact.recording-over");
    case "failed":
      return troubleWords(fact.trouble);
    case "ended":
      return causeWords(fact.cause);
    case "no-path":
      return say("fact.no-path", { detail: continued(mediaWords(fact.fault)) });
    case "relay-refused":
      return say("fact.relay-refused", { server: isolated(fact.server), error: fact.error });
    case "description-refused":
      return say("fact.description-refused", { status: fact.status });
    default:
      return say(`fact.${fact.code}`);
  }
}

function heldKey({ local, remote }: { local: boolean; remote: boolean }): Key {
  if (local && remote) return "call.held-by-both";
  if (local) return "call.held";
  return remote ? "call.held-by-them" : "call.established";
}

function figures(of: {
  mos: number | null;
  loss_in: number | null;
  loss_out: number | null;
  jitter_ms: number | null;
}) {
  const number = (value: number | null, options: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(spokenLocale(), options).format(value ?? 0);
  const share = (value: number | null) => number(value, { style: "percent", maximumFractionDigits: 0 });
  return say("fact.figures", {
    mos: number(of.mos, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    loss_in: share(of.loss_in),
    loss_out: share(of.loss_out),
    jitter: number(of.jitter_ms, { maximumFractionDigits: 0 }),
  });
}

/** What went wrong in a call. */
export function findingWords(finding: Finding): string {
  if (finding.code === "ended") return causeWords(finding.cause);
  const { code, ...values } = finding;
  return say(`finding.${code}`, values);
}

/** Causes after which the same is to be done as after another one. */
const AFTER: Partial<Record<Cause["kind"], Cause["kind"]>> = {
  "no-device": "no-microphone",
  "not-supported": "no-microphone",
  "line-failed": "server-failed",
};

/** What to do about it. */
export function adviceWords(finding: Finding): string {
  switch (finding.code) {
    case "loss-in":
    case "loss-out":
    case "jitter":
      return say("advice.crowded");
    case "ended": {
      const { kind } = finding.cause;
      return say(`after.${AFTER[kind] ?? kind}` as Key);
    }
    default:
      return say(`advice.${finding.code}`);
  }
}

/** What the connection check saw. */
export function seenWords(fact: CheckFact): string {
  switch (fact.code) {
    case "plain":
    case "server-works":
      return "";
    case "addresses": {
      const answers = fact.reached ? [say("seen.answers", { address: isolated(fact.reached) })] : [];
      return [fact.addresses.map(isolated).join(", "), ...answers].join(" · ");
    }
    case "offline":
      return offlineWords(fact.cause);
    case "tried":
      return triedWords(fact.fact);
    case "certificate": {
      const days = fact.days_left === null ? [] : [say("seen.days", { count: fact.days_left })];
      const key = fact.key === null ? [] : [say("seen.key", { key: isolated(fact.key) })];
      return [say("seen.trusted", { version: fact.version }), ...days, ...key].join(" · ");
    }
    case "server-fails":
      return about(say(`ice.${fact.step}`), triedWords(fact.fact));
    case "clock":
    case "clock-wrong":
      return say(`seen.${fact.code}`, { off_s: fact.off_s });
    case "nat":
    case "nat-for-all":
    case "nat-symmetric":
      return say(`seen.${fact.code}`, { address: isolated(fact.address) });
    default:
      return say(`seen.${fact.code}`);
  }
}

/** What to do about causes for which an account is offline. */
const OFFLINE_FIXES: Record<string, Key> = {
  "name-not-found": "fix.no-address",
  unreachable: "fix.unreachable",
  "connection-lost": "fix.unreachable",
  "no-answer": "fix.unreachable",
  tls: "fix.tls",
  "key-changed": "fix.key-changed",
  "not-sip-over-web-socket": "fix.not-sip-over-web-socket",
  "wrong-password": "fix.password",
  "invalid-token": "fix.password",
  "no-token": "fix.password",
};

const offlineFixWords = (cause: OfflineCause) => say(OFFLINE_FIXES[cause.kind] ?? "fix.ask");

/** What a step of a trial saw. */
export function triedWords(fact: TrialFact): string {
  switch (fact.code) {
    case "plain":
      return "";
    case "field":
      return problemWords(fact.problem);
    case "offline":
      return offlineWords(fact.cause);
    case "refused":
      return say("tried.refused", { error: fact.error, text: quoted(fact.text) });
    default: {
      const { code, ...values } = fact;
      return say(`tried.${code}`, values);
    }
  }
}

/** What to do when a step of an account's trial saw this. */
export function triedFixWords(fact: TrialFact): string | null {
  switch (fact.code) {
    case "plain":
    case "field":
      return null;
    case "offline":
      return offlineFixWords(fact.cause);
    default:
      return say("fix.ask");
  }
}

/** What to do when a STUN or TURN server fails at a step. */
export const iceFixWords = (step: IceStep) => say(step === "password" ? "advice.relay-refused" : "fix.server");

/** What to do about it; null where nothing is to be done. */
export function fixWords(fact: CheckFact): string | null {
  switch (fact.code) {
    case "no-address":
      return say("fix.no-address");
    case "offline":
      return offlineFixWords(fact.cause);
    case "tried":
      return triedFixWords(fact.fact);
    case "certificate":
      return fact.ends_soon ? say("fix.renew") : null;
    case "clock-wrong":
      return say("fix.clock");
    case "server-fails":
      return iceFixWords(fact.step);
    case "no-server-reached":
    case "udp-blocked":
      return say("fix.udp");
    case "nat-symmetric":
      return say("fix.symmetric");
    default:
      return null;
  }
}

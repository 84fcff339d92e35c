import { useEffect, useRef, useState } from "preact/hooks";
import type { Snapshot } from "../bridge/types";
import { about, continued, isolated, say } from "../words/words";
import { accountWords, callName, isIncoming, offlineWords, stateWords } from "./texts";

/** Tells screen readers what becomes of calls and accounts: only what changed, and a ringing call at once. */
export function Announcer({ snapshot }: { snapshot: Snapshot }) {
  const { calls, accounts } = snapshot;
  const of = (call: Snapshot["calls"][number]) => {
    const state = stateWords(call.state, snapshot.conference?.members.includes(call.id));
    const words = say("call.with", { name: isolated(callName(call)), state: continued(state) });
    const marks = [call.muted && say("call.muted"), call.recording && say("call.recording")];
    return [words, ...marks].filter(Boolean).join(", ");
  };
  const ringing = useChanged(calls.filter(isIncoming).map((call) => [`${call.id}`, of(call)] as const));
  const quiet = useChanged([
    ...calls.filter((call) => !isIncoming(call)).map((call) => [`${call.id}`, of(call)] as const),
    ...accounts.map(
      ({ id, state }) =>
        [id, about(isolated(id), state.state === "offline" ? offlineWords(state.cause) : accountWords(state))] as const,
    ),
    ["", snapshot.do_not_disturb ? say("account.dnd-on") : ""] as const,
  ]);
  return (
    <>
      <p class="unseen" role="alert">
        {ringing}
      </p>
      <p class="unseen" role="status">
        {quiet}
      </p>
    </>
  );
}

/** Of these sentences, each with what it is about, those that were not said before. */
function useChanged(sentences: readonly (readonly [about: string, words: string])[]): string {
  const [said, saying] = useState("");
  const before = useRef<ReadonlyMap<string, string>>(new Map());
  const all = sentences.map(([about, words]) => `${about}\t${words}`).join("\n");
  useEffect(() => {
    const changed = sentences.filter(([about, words]) => words && before.current.get(about) !== words);
    before.current = new Map(sentences);
    if (changed.length > 0) saying(changed.map(([, words]) => words).join(". "));
  }, [all]);
  return said;
}

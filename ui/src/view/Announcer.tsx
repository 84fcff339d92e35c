import { useEffect, useRef, useState } from "preact/hooks";
import type { Snapshot } from "../bridge/types";
import { about, continued, isolated, say } from "../words/words";
import { accountWords, callName, isIncoming, offlineWords, stateWords, transferState } from "./texts";

interface Props {
  snapshot: Snapshot;
  /** Only what changes from now on; how everything is was told already. */
  quietly?: boolean;
}

/** Tells screen readers what becomes of calls and accounts: only what changed, and a ringing call at once. */
export function Announcer({ snapshot, quietly = false }: Props) {
  const { calls, accounts } = snapshot;
  const of = (call: Snapshot["calls"][number]) => {
    const state = stateWords(call.state, snapshot.conference?.members.includes(call.id));
    const words = say("call.with", { name: isolated(callName(call)), state: continued(state) });
    const trouble = call.media?.trouble;
    const marks = [
      call.muted && say("call.muted"),
      call.recording && say("call.recording"),
      trouble && say(`quality.${trouble}`),
      transferState(call),
    ];
    return [words, ...marks].filter(Boolean).join(", ");
  };
  const ringing = useChanged(
    calls.filter(isIncoming).map((call) => [`${call.id}`, of(call)] as const),
    quietly,
  );
  const quiet = useChanged(
    [
      ...calls.filter((call) => !isIncoming(call)).map((call) => [`${call.id}`, of(call)] as const),
      ...accounts.map(
        ({ id, state }) =>
          [
            id,
            about(isolated(id), state.state === "offline" ? offlineWords(state.cause) : accountWords(state)),
          ] as const,
      ),
      ["", snapshot.do_not_disturb ? say("account.dnd-on") : ""] as const,
    ],
    quietly,
  );
  return (
    <>
      <Said role="alert" {...ringing} />
      <Said role="status" {...quiet} />
    </>
  );
}

interface Told {
  words: string;
  /** Which time something was said. */
  nth: number;
}

/** What was said last. It is a new element each time: the same words are heard again when they are true again. */
function Said({ role, words, nth }: Told & { role: "alert" | "status" }) {
  return (
    <p class="unseen" role={role}>
      {words && <span key={nth}>{words}</span>}
    </p>
  );
}

/** Of these sentences, each with what it is about, those that were not said before; nothing once there are none. */
function useChanged(sentences: readonly (readonly [about: string, words: string])[], quietly: boolean): Told {
  const [said, saying] = useState<Told>({ words: "", nth: 0 });
  const before = useRef<ReadonlyMap<string, string>>(new Map(quietly ? sentences : []));
  const all = sentences.map(([about, words]) => `${about}\t${words}`).join("\n");
  useEffect(() => {
    const changed = sentences.filter(([about, words]) => words && before.current.get(about) !== words);
    before.current = new Map(sentences);
    const words = changed.map(([, words]) => words).join(". ");
    if (words || sentences.length === 0) saying(({ nth }) => ({ words, nth: nth + 1 }));
  }, [all]);
  return said;
}

import { useState } from "preact/hooks";
import type { HistoryEntry, Snapshot } from "../bridge/types";
import { type Key, say } from "../words/words";
import { useDoing } from "./doing";
import { useAnswer } from "./hooks";
import { Icon } from "./icons";

/** What a new user has to do before the phone is of use; gone with the first call. */
export function Checklist({ snapshot, onSettings }: { snapshot: Snapshot; onSettings: () => void }) {
  const { bridge, dial, failed } = useDoing();
  const [hidden, hide] = useState(false);
  const past = useAnswer<HistoryEntry[]>(
    () => bridge.history({ text: "", only: "all", limit: 1, before: null }),
    String(snapshot.changes.history),
    failed,
  );
  if (hidden || past === null || past.length > 0) return null;
  const account = snapshot.accounts.some(({ state }) => state.state === "registered" || state.state === "ready");
  const device = !snapshot.notices.some(({ code }) => code === "device");
  const practice = snapshot.accounts.some(({ id, state }) => id === "practice" && state.state === "registered");
  return (
    <section class="card checklist" aria-label={say("first.title")}>
      <h2>{say("first.title")}</h2>
      <ol>
        <Step words="first.account" done={account} />
        <Step words="first.device" done={device} />
        <Step words="first.call" done={false} />
      </ol>
      <div class="row">
        {practice && (
          <button type="button" class="primary" onClick={() => dial("600")}>
            {say("first.call-600")}
          </button>
        )}
        <button type="button" onClick={onSettings}>
          {say("first.open-settings")}
        </button>
        <button type="button" class="quiet" onClick={() => hide(true)}>
          {say("first.hide")}
        </button>
      </div>
    </section>
  );
}

function Step({ words, done }: { words: Key; done: boolean }) {
  return (
    <li class={done ? "step done" : "step"}>
      <Icon name={done ? "check" : "more"} />
      <span>{say(words)}</span>
      <small>{say(done ? "first.done" : "first.to-do")}</small>
    </li>
  );
}

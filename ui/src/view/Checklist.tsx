import { useEffect, useState } from "preact/hooks";
import type { DeviceFault, DevicesView, HistoryEntry, Snapshot } from "../bridge/types";
import { type Key, say } from "../words/words";
import { useDoing } from "./doing";
import { useAnswer } from "./hooks";
import { Icon } from "./icons";
import { namedDeviceWords } from "./troubles";

/** What a new user has to do before the phone is of use; gone with the first call. */
export function Checklist({ snapshot }: { snapshot: Snapshot }) {
  const { bridge, dial, failed, settings } = useDoing();
  const [hidden, hide] = useState(false);
  const past = useAnswer<HistoryEntry[]>(
    () => bridge.history({ text: "", only: "all", limit: 1, before: null }),
    String(snapshot.changes.history),
    failed,
  );
  const shown = !hidden && past !== null && past.length === 0;
  const [devices, draw] = useState<DevicesView | null>(null);
  useEffect(() => (shown ? bridge.followDevices(draw) : undefined), [bridge, shown]);
  if (!shown) return null;
  const account = snapshot.accounts.some(({ state }) => state.state === "registered" || state.state === "ready");
  const trouble = devices?.microphone.trouble ?? devices?.speaker.trouble ?? null;
  const practice = snapshot.accounts.some(({ id, state }) => id === "practice" && state.state === "registered");
  return (
    <section class="card checklist" aria-label={say("first.title")}>
      <h2>{say("first.title")}</h2>
      <ol>
        <Step words="first.account" done={account} />
        <Step words="first.device" done={devices !== null && trouble === null} trouble={trouble} />
        <Step words="first.call" done={false} />
      </ol>
      <div class="row">
        {practice && (
          <button type="button" class="primary" onClick={() => dial("600")}>
            {say("first.call-600")}
          </button>
        )}
        <button type="button" onClick={() => settings("accounts")}>
          {say("first.open-settings")}
        </button>
        <button type="button" class="quiet" onClick={() => hide(true)}>
          {say("first.hide")}
        </button>
      </div>
    </section>
  );
}

function Step({ words, done, trouble }: { words: Key; done: boolean; trouble?: DeviceFault | null }) {
  return (
    <li class={done ? "step done" : "step"}>
      <Icon name={done ? "check" : "more"} />
      <span>
        {say(words)}
        {trouble && <small class="problem">{namedDeviceWords(trouble)}</small>}
      </span>
      <small>{say(done ? "first.done" : "first.to-do")}</small>
    </li>
  );
}

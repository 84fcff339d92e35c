import { useEffect, useState } from "preact/hooks";
import type { DeviceFault, DevicesView, HistoryEntry, SettingsView, Snapshot } from "../bridge/types";
import { isolated, say } from "../words/words";
import { useDoing } from "./doing";
import { echoOf } from "./echo";
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
  const kept = useAnswer<SettingsView>(() => bridge.settings(), String(snapshot.changes.settings), failed);
  const shown = !hidden && past !== null && past.length === 0;
  const [devices, draw] = useState<DevicesView | null>(null);
  useEffect(() => (shown ? bridge.followDevices(draw) : undefined), [bridge, shown]);
  if (!shown || !kept) return null;
  const account = snapshot.accounts.some(({ state }) => state.state === "registered" || state.state === "ready");
  const trouble = devices?.microphone.trouble ?? devices?.speaker.trouble ?? null;
  const echo = echoOf(kept.settings, snapshot);
  const number = echo && isolated(echo.number);
  return (
    <section class="card checklist" aria-label={say("first.title")}>
      <h2>{say("first.title")}</h2>
      <ol>
        <Step words={say("first.account")} done={account} />
        <Step words={say("first.device")} done={devices !== null && trouble === null} trouble={trouble} />
        <Step words={number ? say("first.call", { number }) : say("first.call-any")} done={false} />
      </ol>
      <div class="row">
        {echo && number && (
          <button type="button" class="primary" onClick={() => dial(echo.number, { account: echo.account })}>
            {say("dial.call-number", { number })}
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

function Step({ words, done, trouble }: { words: string; done: boolean; trouble?: DeviceFault | null }) {
  return (
    <li class={done ? "step done" : "step"}>
      <Icon name={done ? "check" : "circle"} />
      <span>
        {words}
        {trouble && <small class="problem">{namedDeviceWords(trouble)}</small>}
      </span>
      <small>{say(done ? "first.done" : "first.to-do")}</small>
    </li>
  );
}

import { useState } from "preact/hooks";
import { say } from "../../words/words";
import { CallStories } from "./CallStories";
import { ConnectionCheck } from "./ConnectionCheck";
import { Messages } from "./Messages";
import { ServiceEvents } from "./ServiceEvents";
import { SupportBundle } from "./SupportBundle";

const PARTS = ["check", "calls", "messages", "events", "bundle"] as const;

/** Looking for a fault: what an account depends on, what happened in calls, what was sent, and a bundle for whoever helps. */
export function DiagnosticsSection({ busy }: { busy: boolean }) {
  const [part, show] = useState<(typeof PARTS)[number]>("check");
  return (
    <>
      <fieldset class="choice parts" aria-label={say("settings.diagnostics")}>
        {PARTS.map((name) => (
          <button key={name} type="button" aria-pressed={part === name} onClick={() => show(name)}>
            {say(`diagnosis.${name}`)}
          </button>
        ))}
      </fieldset>
      {part === "check" && <ConnectionCheck />}
      {part === "calls" && <CallStories busy={busy} />}
      {part === "messages" && <Messages />}
      {part === "events" && <ServiceEvents />}
      {part === "bundle" && <SupportBundle />}
    </>
  );
}

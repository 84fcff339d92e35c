import { useState } from "preact/hooks";
import type { Snapshot } from "../../bridge/types";
import { say } from "../../words/words";
import { isEnded } from "../texts";
import { CallStories } from "./CallStories";
import { ConnectionCheck } from "./ConnectionCheck";
import { IceServers } from "./IceServers";
import { Messages } from "./Messages";
import { ServiceEvents } from "./ServiceEvents";
import { SupportBundle } from "./SupportBundle";

const PARTS = ["check", "calls", "messages", "events", "bundle"] as const;

/** Looking for a fault: what an account depends on, what happened in calls, what was sent, and a bundle for whoever helps. */
export function DiagnosticsSection({ snapshot }: { snapshot: Snapshot }) {
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
      {part === "check" && (
        <>
          <ConnectionCheck />
          <IceServers assistants={snapshot.assistants} />
        </>
      )}
      {part === "calls" && <CallStories busy={!snapshot.calls.every(isEnded)} />}
      {part === "messages" && <Messages />}
      {part === "events" && <ServiceEvents />}
      {part === "bundle" && <SupportBundle />}
    </>
  );
}

import { useEffect, useState } from "preact/hooks";
import type { ServiceRow } from "../../bridge/types";
import { say } from "../../words/words";
import { useDoing } from "../doing";
import { LongList } from "../LongList";

/** What services tell, by the names of their own libraries, as it comes; newest first. Each opens to all of it. */
export function ServiceEvents() {
  const { bridge } = useDoing();
  const [told, draw] = useState<ServiceRow[]>([]);
  useEffect(() => bridge.followServiceEvents(draw), [bridge]);
  const rows = told.map((row, nth) => ({ ...row, nth })).reverse();
  return (
    <>
      <p class="hint">{say("events.hint")}</p>
      {rows.length === 0 && <p class="empty">{say("events.none")}</p>}
      {rows.length > 0 && (
        <LongList
          items={rows}
          whole
          label={say("diagnosis.events")}
          onEnd={() => {}}
          row={(row, place) => (
            <li key={`${row.at_ms} ${row.nth}`} class="trace" {...place}>
              <details>
                <summary>
                  <span class="ms">{say("trial.ms", { ms: (row.at_ms ?? 0).toFixed(1) })}</span>
                  <span>
                    <bdi>{`${row.group}/${row.kind}`}</bdi>
                    <small>
                      <bdi>{row.account}</bdi>
                    </small>
                  </span>
                </summary>
                <pre>{row.text}</pre>
              </details>
            </li>
          )}
        />
      )}
    </>
  );
}

import { useEffect, useState } from "preact/hooks";
import type { ServiceRow } from "../../bridge/types";
import { say } from "../../words/words";
import { useDoing } from "../doing";
import { LongList } from "../LongList";
import { TraceEntry } from "./TraceEntry";

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
            <TraceEntry
              key={`${row.at_ms} ${row.nth}`}
              at_ms={row.at_ms}
              account={row.account}
              text={row.text}
              place={place}
            >
              <bdi>{`${row.group}/${row.kind}`}</bdi>
            </TraceEntry>
          )}
        />
      )}
    </>
  );
}

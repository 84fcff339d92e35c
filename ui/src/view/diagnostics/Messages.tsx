import { useState } from "preact/hooks";
import type { TraceRow } from "../../bridge/types";
import { say } from "../../words/words";
import { useDoing } from "../doing";
import { Search } from "../History";
import { useAnswer } from "../hooks";
import { LongList } from "../LongList";
import { useSaving } from "../saving";
import { Refresh } from "./CallStories";
import { TraceEntry } from "./TraceEntry";

/** The last messages, newest first; each opens to all of it. */
export function Messages() {
  const { bridge, failed } = useDoing();
  const save = useSaving();
  const [search, setSearch] = useState("");
  const [turn, again] = useState(0);
  const rows = useAnswer<TraceRow[]>(
    () => bridge.trace(search).then((told) => told.reverse()),
    `${turn} ${search}`,
    failed,
  );
  return (
    <>
      <p class="hint">{say("messages.hint")}</p>
      <Search text={search} label={say("messages.search")} onText={setSearch} />
      <div class="row">
        <Refresh onClick={() => again(turn + 1)} />
        <button type="button" disabled={!rows?.length} onClick={() => save({ what: "capture", search })}>
          {say("messages.export")}
        </button>
      </div>
      {rows?.length === 0 && <p class="empty">{say("messages.none")}</p>}
      {rows && rows.length > 0 && (
        <LongList
          items={rows}
          whole
          label={say("diagnosis.messages")}
          onEnd={() => {}}
          row={(row, place) => (
            <TraceEntry
              key={`${row.at_ms} ${row.title}`}
              at_ms={row.at_ms}
              account={row.account}
              text={row.text}
              place={place}
            >
              <span aria-hidden="true">{row.sent ? "→ " : "← "}</span>
              {say(row.sent ? "fact.sent" : "fact.received")} <bdi>{row.title}</bdi>
            </TraceEntry>
          )}
        />
      )}
    </>
  );
}

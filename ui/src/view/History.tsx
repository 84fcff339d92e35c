import { useCallback, useEffect, useState } from "preact/hooks";
import type { HistoryEntry, HistoryFilter, Snapshot } from "../bridge/types";
import { say, spokenLanguage } from "../words/words";
import { useAssistant } from "./assistant";
import { useDoing } from "./doing";
import { PAGE, usePages } from "./hooks";
import { Icon, type IconName } from "./icons";
import { LongList, type Place } from "./LongList";
import { duration, remoteName, remoteNumber } from "./texts";

interface Props {
  snapshot: Snapshot;
  /** Whether the person asked for it, and it does not only stand beside the phone. */
  opened: boolean;
  onContact: (name: string, number: string) => void;
}

/** Calls of the past. */
export function History({ snapshot, opened, onContact }: Props) {
  const { bridge, failed, tell, dial } = useDoing();
  const [text, setText] = useState("");
  const [only, setOnly] = useState<HistoryFilter>("all");
  const assistant = useAssistant();
  const [server, ofServer] = useState(false);
  const atServer = assistant && server ? assistant : null;
  const [asking, ask] = useState(false);
  // Deleted here, and not yet at the phone: it can be undone until the message about it goes.
  const [gone, setGone] = useState<readonly number[]>([]);
  const { items, whole, more } = usePages<HistoryEntry>(
    (after) => bridge.history({ text, only, limit: PAGE, before: after.at(-1)?.id ?? null }),
    `${only} ${text}`,
    snapshot.changes.history,
    failed,
  );

  // Beside the phone the list is always there: only who turns to it has seen what was missed.
  const see = useCallback(() => {
    if (snapshot.missed > 0) bridge.markSeen().catch(failed);
  }, [snapshot.missed, bridge, failed]);
  useEffect(() => {
    if (opened) see();
  }, [opened, see]);

  const remove = (entry: HistoryEntry) => {
    setGone((ids) => [...ids, entry.id]);
    const deleting = setTimeout(() => bridge.deleteHistory([entry.id]).catch(failed), UNDO_MS);
    tell(say("history.deleted"), {
      label: say("app.undo"),
      run: () => {
        clearTimeout(deleting);
        setGone((ids) => ids.filter((id) => id !== entry.id));
      },
    });
  };
  const clear = () => {
    ask(false);
    bridge.clearHistory().catch(failed);
  };

  const shown = items?.filter(({ id }) => !gone.includes(id)) ?? [];
  return (
    <section class="list-view" aria-label={say("app.history")} onPointerDown={see} onFocusIn={see}>
      <div class="list-tools">
        <Search text={text} label={say("history.search")} onText={setText} />
        <fieldset class="choice" aria-label={say("app.history")}>
          {(["all", "missed"] as const).map((filter) => (
            <button
              key={filter}
              type="button"
              aria-pressed={only === filter && !atServer}
              onClick={() => {
                setOnly(filter);
                ofServer(false);
              }}
            >
              {say(`history.${filter}`)}
            </button>
          ))}
          {assistant && (
            <button type="button" aria-pressed={server} onClick={() => ofServer(true)}>
              {say("assistant.calls")}
            </button>
          )}
        </fieldset>
        {shown.length > 0 && !asking && !atServer && (
          <button type="button" class="quiet" onClick={() => ask(true)}>
            {say("history.clear")}
          </button>
        )}
      </div>
      {asking && (
        <div class="question" role="alertdialog" aria-label={say("history.clear")}>
          <p>{say("history.clear-question")}</p>
          <button type="button" class="danger" onClick={clear}>
            {say("history.clear")}
          </button>
          <button type="button" onClick={() => ask(false)}>
            {say("app.cancel")}
          </button>
        </div>
      )}
      {atServer && <atServer.views.ServerCalls text={text} />}
      {!atServer && items && shown.length === 0 && (
        <p class="empty">{say(text || only === "missed" ? "history.no-match" : "history.empty")}</p>
      )}
      {!atServer && (
        <LongList
          items={shown}
          whole={whole}
          onEnd={more}
          row={(entry, place) => (
            <Entry
              key={entry.id}
              entry={entry}
              place={place}
              onDial={() => dial(entry.remote.number || entry.remote.uri)}
              onDelete={() => remove(entry)}
              onContact={() => onContact(entry.remote.name, entry.remote.number || entry.remote.uri)}
            />
          )}
        />
      )}
    </section>
  );
}

/** As long as its message is shown. */
export const UNDO_MS = 6000;

export function Search({ text, label, onText }: { text: string; label: string; onText: (text: string) => void }) {
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={255}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </label>
  );
}

interface EntryProps {
  entry: HistoryEntry;
  place: Place;
  onDial: () => void;
  onDelete: () => void;
  onContact: () => void;
}

function Entry({ entry, place, onDial, onDelete, onContact }: EntryProps) {
  const name = remoteName(entry.remote, entry.contact);
  const number = remoteNumber(entry.remote, entry.contact);
  const icon: IconName =
    entry.outcome === "missed" ? "missed" : entry.direction === "outgoing" ? "outgoing" : "incoming";
  return (
    <li class={`row-item ${entry.outcome}`} {...place}>
      <button type="button" class="row-main" onClick={onDial}>
        <span class="unseen">{say("dial.call")} </span>
        <Icon name={icon} />
        <span class="row-words">
          <strong>
            <bdi>{name}</bdi>
          </strong>
          <small>
            {number && (
              <>
                <bdi>{number}</bdi>
                {" · "}
              </>
            )}
            {outcomeWords(entry)}
          </small>
        </span>
        <time class="row-time" dateTime={new Date(entry.started_s * 1000).toISOString()}>
          {when(entry.started_s)}
        </time>
      </button>
      {!entry.contact && (
        <button
          type="button"
          class="small"
          aria-label={say("history.add-contact")}
          title={say("history.add-contact")}
          onClick={onContact}
        >
          <Icon name="add" />
        </button>
      )}
      <button
        type="button"
        class="small"
        aria-label={say("history.delete")}
        title={say("history.delete")}
        onClick={onDelete}
      >
        <Icon name="bin" />
      </button>
    </li>
  );
}

function outcomeWords(entry: HistoryEntry): string {
  const words =
    entry.outcome === "answered"
      ? say(entry.direction === "outgoing" ? "outcome.outgoing" : "outcome.incoming")
      : say(`outcome.${entry.outcome}`);
  return entry.talked_ms ? `${words}, ${duration(entry.talked_ms)}` : words;
}

/** The time today, "yesterday" with the time, or the date. */
export function when(unixSeconds: number, today = new Date()): string {
  const moment = new Date(unixSeconds * 1000);
  const time = new Intl.DateTimeFormat(spokenLanguage(), { hour: "2-digit", minute: "2-digit" }).format(moment);
  const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime();
  const days = Math.ceil((midnight - moment.getTime()) / 86_400_000);
  if (days <= 0) return time;
  if (days === 1) return `${say("history.yesterday")} ${time}`;
  return new Intl.DateTimeFormat(spokenLanguage(), { dateStyle: "medium" }).format(moment);
}

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { HistoryEntry, HistoryFilter, Snapshot } from "../bridge/types";
import { isolated, say, spokenLocale } from "../words/words";
import { useAssistant } from "./assistant";
import { type Doing, useDoing } from "./doing";
import { focusBeside, focusTop } from "./focus";
import { PAGE, usePages } from "./hooks";
import { Icon, type IconName } from "./icons";
import { LongList, type Place } from "./LongList";
import { Question } from "./Question";
import { duration, remoteName, remoteNumber } from "./texts";

interface Props {
  snapshot: Snapshot;
  /** Whether the person asked for it, and it does not only stand beside the phone. */
  opened: boolean;
  removal: Removal;
  onContact: (name: string, number: string) => void;
}

/** Entries that were deleted here: at once to be seen, at the phone once it cannot be undone any more. */
export interface Removal {
  gone: ReadonlySet<number>;
  remove: (entry: HistoryEntry) => void;
}

/** It outlives the list: what was deleted does not come back because somebody looks at something else. */
export function useRemoval({ bridge, failed, tell }: Pick<Doing, "bridge" | "failed" | "tell">): Removal {
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set());
  const waiting = useRef(new Set<number>());
  const deleteNow = useCallback(
    (ids: readonly number[]) => {
      const due = ids.filter((id) => waiting.current.delete(id));
      if (due.length > 0) bridge.deleteHistory(due).catch(failed);
    },
    [bridge, failed],
  );
  // Who closes the window has not undone anything.
  useEffect(() => {
    const leave = () => deleteNow([...waiting.current]);
    window.addEventListener("pagehide", leave);
    return () => window.removeEventListener("pagehide", leave);
  }, [deleteNow]);
  const remove = ({ id, remote, contact }: HistoryEntry) => {
    waiting.current.add(id);
    setGone((ids) => new Set([...ids, id]));
    const undo = () => {
      waiting.current.delete(id);
      setGone((ids) => new Set([...ids].filter((other) => other !== id)));
    };
    const name = isolated(remoteName(remote, contact));
    tell(say("history.deleted", { name }), { label: say("app.undo"), run: undo, otherwise: () => deleteNow([id]) });
  };
  return { gone, remove };
}

/** Calls of the past. */
export function History({ snapshot, opened, removal: { gone, remove }, onContact }: Props) {
  const { bridge, failed, dial } = useDoing();
  const [text, setText] = useState("");
  const [only, setOnly] = useState<HistoryFilter>("all");
  const assistant = useAssistant();
  const [server, ofServer] = useState(false);
  const atServer = assistant && server ? assistant : null;
  const [asking, ask] = useState(false);
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

  const clear = (button: HTMLElement) => {
    focusTop(button);
    ask(false);
    bridge.clearHistory().catch(failed);
  };

  const shown = items?.filter(({ id }) => !gone.has(id)) ?? [];
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
        {shown.length > 0 && !atServer && (
          <button
            type="button"
            class="small clear"
            aria-label={say("history.clear")}
            title={say("history.clear")}
            aria-expanded={asking}
            onClick={() => ask(!asking)}
          >
            <Icon name="bin" />
          </button>
        )}
      </div>
      {asking && (
        <Question
          label={say("history.clear")}
          words={say("history.clear-question")}
          onYes={clear}
          onNo={() => ask(false)}
        />
      )}
      {atServer && <atServer.views.ServerCalls text={text} />}
      {!atServer && items && shown.length === 0 && (
        <p class="empty">
          {say(text ? "history.no-match" : only === "missed" ? "history.no-missed" : "history.empty")}
        </p>
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

export function Search({ text, label, onText }: { text: string; label: string; onText: (text: string) => void }) {
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={say("app.search")}
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
      {entry.contact ? (
        <span class="no-button" />
      ) : (
        <button
          type="button"
          class="small"
          aria-label={`${say("history.add-contact")}: ${isolated(name)}`}
          title={say("history.add-contact")}
          onClick={(event) => {
            // Once there is a contact, this button is gone: the focus comes back to what stays.
            event.currentTarget.closest("li")?.querySelector<HTMLElement>(".row-main")?.focus();
            onContact();
          }}
        >
          <Icon name="add" />
        </button>
      )}
      <button
        type="button"
        class="small delete"
        aria-label={`${say("history.delete")}: ${isolated(name)}`}
        title={say("history.delete")}
        onClick={(event) => {
          focusBeside(event.currentTarget, ".delete");
          onDelete();
        }}
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

/** The time today, "yesterday" with the time, or the date with it. */
export function when(unixSeconds: number, today = new Date()): string {
  const moment = new Date(unixSeconds * 1000);
  const clock = new Intl.DateTimeFormat(spokenLocale(), { hour: "2-digit", minute: "2-digit" }).format(moment);
  // A line ends between day and time only; some languages have a narrow blank before "AM".
  const time = clock.replaceAll(/\s/g, "\u00a0");
  // By the calendar: not every day has 24 hours.
  const isOn = (day: number) =>
    new Date(today.getFullYear(), today.getMonth(), day).toDateString() === moment.toDateString();
  if (isOn(today.getDate()) || moment > today) return time;
  if (isOn(today.getDate() - 1)) return `${say("history.yesterday")} ${time}`;
  const isThisYear = moment.getFullYear() === today.getFullYear();
  const date = new Intl.DateTimeFormat(spokenLocale(), {
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" }),
  }).format(moment);
  return `${date.replaceAll(" ", "\u00a0")} ${time}`;
}

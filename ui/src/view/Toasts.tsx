import { useEffect, useRef, useState } from "preact/hooks";
import type { Notice, Snapshot } from "../bridge/types";
import { about, say } from "../words/words";
import { type Toast, useDoing } from "./doing";
import { Icon } from "./icons";
import { type Way, type Ways, wayOf } from "./notices";
import { isEnded } from "./texts";
import { troubleWords } from "./troubles";

interface Props extends Ways {
  snapshot: Snapshot;
  toasts: readonly Toast[];
  onGone: (id: number) => void;
}

/** How long an answer of the page is shown at least, and for each letter of a long one, in ms. */
const SHOWN_MS = 6000;
const LETTER_MS = 80;

/**
 * The page's own answers, which somebody waits for, the last one first; below them what the phone has to tell, each with a way to act.
 * Several of those, and one as well during a call, are a short row with the newest: calls and lists have the room, and who wants to
 * know more opens it.
 */
export function Toasts({ snapshot, toasts, onGone, ...ways }: Props) {
  const doing = useDoing();
  const { notices } = snapshot;
  const calling = !snapshot.calls.every(isEnded);
  const short = notices.length > 1 || (calling && notices.length > 0);
  const [opened, open] = useState(false);
  useEffect(() => open(false), [calling]);
  const area = useRef<HTMLElement>(null);
  const newest = toasts.at(-1)?.id;
  useEffect(() => {
    if (newest !== undefined && area.current) area.current.scrollTop = 0;
  }, [newest]);
  const dismiss = (notice: Notice) => doing.send({ command: "dismiss-notice", notice: notice.id });
  return (
    // It stands there empty as well: screen readers tell only of what comes into something that they know.
    <section
      ref={area}
      class={calling ? "toasts calling" : "toasts"}
      aria-label={say("notice.title")}
      aria-live="polite"
    >
      {[...toasts].reverse().map((toast) => (
        <OwnToast key={`own-${toast.id}`} toast={toast} onGone={() => onGone(toast.id)} />
      ))}
      {short && <Brief notices={notices} opened={opened} onOpen={open} onDismiss={dismiss} />}
      {(opened || !short) &&
        notices.map((notice) => (
          <div key={notice.id} class="toast">
            <NoticeWords notice={notice} />
            <WayOn way={wayOf(notice, snapshot, doing, ways)} what={spoken(notice)} onOver={() => dismiss(notice)} />
            <Dismiss what={spoken(notice)} onClick={() => dismiss(notice)} />
          </div>
        ))}
    </section>
  );
}

/** What a notice says, for buttons that are known by it alone. */
const spoken = ({ code, trouble }: Notice) => `${say(`notice.${code}`)}, ${troubleWords(trouble)}`;

function NoticeWords({ notice: { code, trouble } }: { notice: Notice }) {
  return (
    <span>
      <strong>{say(`notice.${code}`)}</strong> {troubleWords(trouble)}
    </span>
  );
}

interface BriefProps {
  notices: readonly Notice[];
  opened: boolean;
  onOpen: (open: boolean) => void;
  onDismiss: (notice: Notice) => void;
}

/** The newest notice in a row, with what shows all of them; above them when they are shown. */
function Brief({ notices, opened, onOpen, onDismiss }: BriefProps) {
  const count = notices.length;
  const newest = opened ? undefined : notices.at(-1);
  return (
    <div class="toast brief">
      {newest ? <NoticeWords notice={newest} /> : <strong>{say("notice.title")}</strong>}
      <button
        type="button"
        class="small"
        aria-expanded={opened}
        aria-label={say(opened ? "notice.fold" : "notice.show", { count })}
        onClick={() => onOpen(!opened)}
      >
        {!opened && count > 1 && <span>{count}</span>}
        <Icon name={opened ? "up" : "down"} />
      </button>
      {newest && <Dismiss what={spoken(newest)} onClick={() => onDismiss(newest)} />}
    </div>
  );
}

/** It goes by itself, but not while somebody points at it or has the focus in it. */
function OwnToast({ toast: { message, action }, onGone }: { toast: Toast; onGone: () => void }) {
  const [held, hold] = useState(0);
  const gone = () => {
    action?.otherwise?.();
    onGone();
  };
  useEffect(() => {
    if (held > 0) return;
    const going = setTimeout(gone, Math.max(SHOWN_MS, message.length * LETTER_MS));
    return () => clearTimeout(going);
  }, [held > 0]);
  return (
    <div
      class="toast own"
      onPointerEnter={() => hold((by) => by + 1)}
      onPointerLeave={() => hold((by) => Math.max(0, by - 1))}
      onFocusIn={() => hold((by) => by + 1)}
      onFocusOut={() => hold((by) => Math.max(0, by - 1))}
    >
      <span>{message}</span>
      {action && (
        <button
          type="button"
          aria-label={about(action.label, message)}
          onClick={() => {
            action.run();
            onGone();
          }}
        >
          {action.label}
        </button>
      )}
      <Dismiss what={message} onClick={gone} />
    </div>
  );
}

function Dismiss({ what, onClick }: { what: string; onClick: () => void }) {
  return (
    <button type="button" class="small" aria-label={about(say("notice.dismiss"), what)} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}

function WayOn({ way, what, onOver }: { way: Way | null; what: string; onOver: () => void }) {
  if (!way) return null;
  const go = () => {
    way.run();
    if (way.over) onOver();
  };
  return (
    <button type="button" aria-label={about(say(way.words), what)} onClick={go}>
      {say(way.words)}
    </button>
  );
}

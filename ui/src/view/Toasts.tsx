import { useEffect, useRef, useState } from "preact/hooks";
import type { Notice, Snapshot } from "../bridge/types";
import { say } from "../words/words";
import { type Toast, useDoing } from "./doing";
import { Icon } from "./icons";
import { type Way, type Ways, wayOf } from "./notices";
import { troubleWords } from "./troubles";

interface Props extends Ways {
  snapshot: Snapshot;
  toasts: readonly Toast[];
  onGone: (id: number) => void;
}

/** How long an answer of the page is shown at least, and for each letter of a long one, in ms. */
const SHOWN_MS = 6000;
const LETTER_MS = 80;

/** The page's own answers, which somebody waits for, the last one first; below them what the phone has to tell, each with a way to act. */
export function Toasts({ snapshot, toasts, onGone, ...ways }: Props) {
  const doing = useDoing();
  const { notices } = snapshot;
  const area = useRef<HTMLElement>(null);
  const newest = toasts.at(-1)?.id;
  useEffect(() => {
    if (newest !== undefined && area.current) area.current.scrollTop = 0;
  }, [newest]);
  const dismiss = (notice: Notice) => doing.send({ command: "dismiss-notice", notice: notice.id });
  return (
    // It stands there empty as well: screen readers tell only of what comes into something that they know.
    <section ref={area} class="toasts" aria-label={say("notice.title")} aria-live="polite">
      {[...toasts].reverse().map((toast) => (
        <OwnToast key={`own-${toast.id}`} toast={toast} onGone={() => onGone(toast.id)} />
      ))}
      {notices.map((notice) => (
        <div key={notice.id} class="toast">
          <span>
            <strong>{say(`notice.${notice.code}`)}</strong> {troubleWords(notice.trouble)}
          </span>
          <WayOn way={wayOf(notice, snapshot, doing, ways)} onOver={() => dismiss(notice)} />
          <Dismiss onClick={() => dismiss(notice)} />
        </div>
      ))}
    </section>
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
          onClick={() => {
            action.run();
            onGone();
          }}
        >
          {action.label}
        </button>
      )}
      <Dismiss onClick={gone} />
    </div>
  );
}

function Dismiss({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" class="small" aria-label={say("notice.dismiss")} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}

function WayOn({ way, onOver }: { way: Way | null; onOver: () => void }) {
  if (!way) return null;
  const go = () => {
    way.run();
    if (way.over) onOver();
  };
  return (
    <button type="button" onClick={go}>
      {say(way.words)}
    </button>
  );
}

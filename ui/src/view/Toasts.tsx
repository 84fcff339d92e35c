import type { Notice, Snapshot } from "../bridge/types";
import { say } from "../words/words";
import { type Toast, useDoing } from "./doing";
import { Icon } from "./icons";
import { type Way, type Ways, wayOf } from "./notices";
import { troubleWords } from "./troubles";

interface Props extends Ways {
  snapshot: Snapshot;
  toasts: Toast[];
  onGone: (id: number) => void;
}

/** What the phone has to tell, each with a way to act; the page's own answers below. */
export function Toasts({ snapshot, toasts, onGone, ...ways }: Props) {
  const doing = useDoing();
  const { notices } = snapshot;
  if (notices.length === 0 && toasts.length === 0) return null;
  const dismiss = (notice: Notice) => doing.send({ command: "dismiss-notice", notice: notice.id });
  return (
    <section class="toasts" aria-label={say("notice.title")} aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} class="toast" role="status">
          <span>
            <strong>{say(`notice.${notice.code}`)}</strong> {troubleWords(notice.trouble)}
          </span>
          <WayOn way={wayOf(notice, snapshot, doing, ways)} onOver={() => dismiss(notice)} />
          <Dismiss onClick={() => dismiss(notice)} />
        </div>
      ))}
      {toasts.map((toast) => (
        <div key={`own-${toast.id}`} class="toast own" role="status">
          <span>{toast.message}</span>
          {toast.action && (
            <button
              type="button"
              onClick={() => {
                toast.action?.run();
                onGone(toast.id);
              }}
            >
              {toast.action.label}
            </button>
          )}
          <Dismiss onClick={() => onGone(toast.id)} />
        </div>
      ))}
    </section>
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

import type { Notice } from "../bridge/types";
import { type Key, say } from "../words/words";
import { type Toast, useDoing } from "./doing";
import { Icon } from "./icons";
import { troubleWords } from "./troubles";

type SettingsPage = "accounts" | "calls" | "devices" | "network" | null;

interface Props {
  notices: Notice[];
  toasts: Toast[];
  onGone: (id: number) => void;
  onSettings: (page: SettingsPage) => void;
}

/** What the phone has to tell, each with a way to act; the page's own answers below. */
export function Toasts({ notices, toasts, onGone, onSettings }: Props) {
  const { send } = useDoing();
  if (notices.length === 0 && toasts.length === 0) return null;
  return (
    <section class="toasts" aria-label={say("notice.title")} aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} class="toast" role="status">
          <span>
            <strong>{say(`notice.${notice.code}`)}</strong> {troubleWords(notice.trouble)}
          </span>
          <NoticeAction notice={notice} onSettings={onSettings} />
          <Dismiss onClick={() => send({ command: "dismiss-notice", notice: notice.id })} />
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

/** Where something can be done about a notice, and what the button says. */
function wayOf({ code, trouble }: Notice): [SettingsPage, Key] | null {
  switch (code) {
    case "device":
    case "media":
      return ["devices", "notice.devices"];
    case "key-store":
      return ["accounts", "notice.accounts"];
    case "turn-refused":
      return ["network", "notice.network"];
    case "settings":
      return [null, "notice.open-settings"];
    case "recording-failed":
      return trouble.code === "not-to-be-recorded" ? null : ["calls", "notice.open-settings"];
    case "dial-failed":
      return trouble.code === "no-account" ? ["accounts", "notice.accounts"] : null;
    default:
      return null;
  }
}

function NoticeAction({ notice, onSettings }: { notice: Notice; onSettings: Props["onSettings"] }) {
  const way = wayOf(notice);
  if (!way) return null;
  const [page, words] = way;
  return (
    <button type="button" onClick={() => onSettings(page)}>
      {say(words)}
    </button>
  );
}

import type { Notice } from "../bridge/types";
import { say } from "../words/words";
import { type Toast, useDoing } from "./doing";
import { Icon } from "./icons";
import { troubleWords } from "./troubles";

interface Props {
  notices: Notice[];
  toasts: Toast[];
  onGone: (id: number) => void;
  onSettings: (page: "accounts" | "devices" | "network" | null) => void;
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
          <NoticeAction code={notice.code} onSettings={onSettings} />
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

function NoticeAction({ code, onSettings }: { code: Notice["code"]; onSettings: Props["onSettings"] }) {
  switch (code) {
    case "device":
    case "media":
      return (
        <button type="button" onClick={() => onSettings("devices")}>
          {say("notice.devices")}
        </button>
      );
    case "key-store":
      return (
        <button type="button" onClick={() => onSettings("accounts")}>
          {say("notice.accounts")}
        </button>
      );
    case "turn-refused":
      return (
        <button type="button" onClick={() => onSettings("network")}>
          {say("notice.network")}
        </button>
      );
    case "settings":
      return (
        <button type="button" onClick={() => onSettings(null)}>
          {say("notice.open-settings")}
        </button>
      );
    default:
      return null;
  }
}

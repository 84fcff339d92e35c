import { useState } from "preact/hooks";
import type { DeclineCode } from "../bridge/types";
import { type Key, say } from "../words/words";
import { Icon } from "./icons";

/** What a caller can be told, by SIP status: busy as without a reason, then what makes his phone try no more. */
const REASONS: readonly DeclineCode[] = [486, 480, 404, 603];

/** Whether the reasons are shown, and how that changes. */
export function useReasons() {
  const [open, setOpen] = useState(false);
  return { open, toggle: () => setOpen(!open), close: () => setOpen(false) };
}

export type Reasons = ReturnType<typeof useReasons>;

/** The small button beside Decline. The same one, in the same place, leads back: it keeps the focus, and a second click by chance
 * meets no reason. */
export function ReasonsToggle({ reasons, words = "call.say-why" }: { reasons: Reasons; words?: Key }) {
  return (
    <button
      type="button"
      class="action reasons-toggle"
      title={say(words)}
      aria-label={say(words)}
      aria-expanded={reasons.open}
      onClick={reasons.toggle}
    >
      <Icon name={reasons.open ? "up" : "down"} />
    </button>
  );
}

/** The reasons, each a button. Escape closes them and declines nothing. */
export function DeclineReasons({ onDecline }: { onDecline: (code: DeclineCode) => void }) {
  return (
    <>
      {REASONS.map((code) => (
        <button key={code} type="button" class="action" onClick={() => onDecline(code)}>
          {say(`decline.${code}` as Key)}
        </button>
      ))}
    </>
  );
}

/** What Escape does where reasons are shown. */
export function closing(reasons: Reasons) {
  return (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !reasons.open) return;
    event.preventDefault();
    reasons.close();
  };
}

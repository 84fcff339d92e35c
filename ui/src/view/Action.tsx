import { type Key, say } from "../words/words";
import { Icon, type IconName } from "./icons";

interface ActionProps {
  icon: IconName;
  words: Key;
  pressed?: boolean;
  /** It was done, and there is nothing more to it. */
  done?: boolean;
  tone?: "answer" | "end";
  onClick: () => void;
}

/** A button of a card: a picture with its word. The second click of a double click switches what is a switch, and does nothing
 * else: where "Answer" was, the call that came of it has "Hang up". */
export function Action({ icon, words, pressed, done, tone, onClick }: ActionProps) {
  return (
    <button
      type="button"
      class={tone ? `action ${tone}` : "action"}
      title={say(words)}
      aria-pressed={pressed}
      aria-disabled={done || undefined}
      onClick={(event) => !done && (pressed !== undefined || event.detail < 2) && onClick()}
    >
      <Icon name={icon} />
      <span class="action-words">{say(words)}</span>
    </button>
  );
}

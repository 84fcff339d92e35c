import { type Key, say } from "../words/words";
import { Sheet } from "./Sheet";

const KEYS: readonly (readonly [keys: string, words: Key])[] = [
  ["Ctrl+L", "keys.number"],
  ["0 … 9 * # +", "keys.digits"],
  ["Enter", "keys.enter"],
  ["Ctrl+Enter", "keys.answer"],
  ["Esc", "keys.escape"],
  ["Ctrl+E", "keys.hang-up"],
  ["M", "keys.mute"],
  ["H", "keys.hold"],
  ["T", "keys.transfer"],
  ["K", "keys.keypad"],
  ["R", "keys.record"],
  ["S", "keys.swap"],
  ["J", "keys.merge"],
  ["D", "keys.dnd"],
  ["Alt+1 … 9", "keys.select"],
  ["Ctrl+1 … 4", "keys.views"],
  ["↑ ↓", "keys.rows"],
  ["F1", "keys.help"],
];

/** Which key does what. */
export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title={say("keys.title")} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, words]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{say(words)}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

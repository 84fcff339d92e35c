import { useRef } from "preact/hooks";
import { say } from "../words/words";
import { Icon } from "./icons";

const KEYS: readonly (readonly [digit: string, letters: string])[] = [
  ["1", ""],
  ["2", "ABC"],
  ["3", "DEF"],
  ["4", "GHI"],
  ["5", "JKL"],
  ["6", "MNO"],
  ["7", "PQRS"],
  ["8", "TUV"],
  ["9", "WXYZ"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
];

/** How long a key is pressed until its second meaning counts. */
const LONG_PRESS_MS = 500;

interface Props {
  /** A key was pressed and let go, or its long form. */
  onKey?: (digit: string) => void;
  /** Pressed, and let go: for tones as long as the key is held. */
  onPress?: (digit: string) => void;
  onRelease?: () => void;
  /** Key 1 was held down. */
  onVoicemail?: (() => void) | undefined;
  /** With the letters A to D of telephone events. */
  extra?: boolean;
  label?: string;
}

export function Dialpad({ onKey, onPress, onRelease, onVoicemail, extra, label }: Props) {
  const keys = extra ? withLetters() : KEYS;
  return (
    <fieldset class={extra ? "dialpad extra" : "dialpad"} aria-label={label ?? say("dial.pad")}>
      {keys.map(([digit, letters]) => (
        <PadKey
          key={digit}
          digit={digit}
          letters={letters}
          onKey={onKey}
          onPress={onPress}
          onRelease={onRelease}
          onLong={digit === "0" && onKey ? () => onKey("+") : digit === "1" ? onVoicemail : undefined}
        />
      ))}
    </fieldset>
  );
}

/** A to D at the end of each row, as on the telephones that had them. */
function withLetters(): (typeof KEYS)[number][] {
  return ["A", "B", "C", "D"].flatMap((letter, row) => [...KEYS.slice(row * 3, row * 3 + 3), [letter, ""] as const]);
}

interface KeyProps {
  digit: string;
  letters: string;
  onKey: Props["onKey"];
  onPress: Props["onPress"];
  onRelease: Props["onRelease"];
  /** What the key does when it is held down. */
  onLong: (() => void) | undefined;
}

function PadKey({ digit, letters, onKey, onPress, onRelease, onLong }: KeyProps) {
  const long = useRef<{ timer: ReturnType<typeof setTimeout>; taken: boolean } | null>(null);
  const held = useRef(false);

  const press = () => {
    if (held.current) return;
    held.current = true;
    onPress?.(digit);
    if (!onLong) return;
    const take = () => {
      state.taken = true;
      onLong();
    };
    const state = { timer: setTimeout(take, LONG_PRESS_MS), taken: false };
    long.current = state;
  };
  const release = () => {
    if (!held.current) return;
    held.current = false;
    onRelease?.();
    if (long.current) clearTimeout(long.current.timer);
  };
  const click = () => {
    const taken = long.current?.taken;
    long.current = null;
    if (!taken) onKey?.(digit);
  };

  return (
    <button
      type="button"
      class="pad-key"
      onPointerDown={press}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && press()}
      onKeyUp={(event) => (event.key === "Enter" || event.key === " ") && release()}
      onBlur={release}
      onClick={click}
    >
      <span class="pad-digit">{digit}</span>{" "}
      <span class="pad-letters">{digit === "1" && onLong ? <Icon name="voicemail" /> : letters}</span>
    </button>
  );
}

import { useEffect, useRef } from "preact/hooks";

/** What the keyboard can do anywhere in the page. */
export interface Keys {
  onNumber: () => void;
  onDigit: (digit: string) => void;
  /** Text from the clipboard; tells whether it means anything. */
  onPaste: (text: string) => boolean;
  onEscape: () => void;
  onAnswer: () => void;
  onHangUp: () => void;
  /** A letter, in lower case; tells whether it means anything. */
  onLetter: (letter: string) => boolean;
  onSelect: (at: number) => void;
  onView: (at: number) => void;
  onHelp: () => void;
}

/** Listens to the keyboard. Letters and digits count only where nothing is being written and no dialog is open. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (press(event, latest.current)) event.preventDefault();
    };
    const pasted = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain").trim();
      if (!text || isWriting(event.target) || document.querySelector("dialog[open]")) return;
      if (latest.current.onPaste(text)) event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    window.addEventListener("paste", pasted);
    return () => {
      window.removeEventListener("keydown", pressed);
      window.removeEventListener("paste", pasted);
    };
  }, []);
}

function press(event: KeyboardEvent, keys: Keys): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  // A key that is held down means what it meant once: no second call is ended or answered by it.
  const done = (act: () => void): true => {
    if (!event.repeat) act();
    return true;
  };
  if (event.key === "F1") return done(keys.onHelp);
  const dialog = document.querySelector("dialog[open]") !== null;
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    const act = withCommand(event, keys, dialog);
    return act !== null && done(act);
  }
  if (event.altKey && /^[1-9]$/.test(event.key)) return done(() => keys.onSelect(Number(event.key) - 1));
  if (event.altKey || isWriting(event.target) || dialog) return false;
  if (event.key === "Escape") return done(keys.onEscape);
  if (/^[0-9*#+]$/.test(event.key)) return done(() => keys.onDigit(event.key));
  return !event.repeat && /^[a-z]$/i.test(event.key) && keys.onLetter(event.key.toLowerCase());
}

/** What a key does with Ctrl or Cmd: in fields, too; in a dialog, which no caller waits for, what answers and ends calls. */
function withCommand(event: KeyboardEvent, keys: Keys, dialog: boolean): (() => void) | null {
  switch (event.key.toLowerCase()) {
    case "enter":
      return keys.onAnswer;
    case "e":
      return keys.onHangUp;
    case "l":
      return dialog ? null : keys.onNumber;
    default:
      return !dialog && /^[1-4]$/.test(event.key) ? () => keys.onView(Number(event.key) - 1) : null;
  }
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

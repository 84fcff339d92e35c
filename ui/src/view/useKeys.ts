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
  if (event.key === "F1") return done(keys.onHelp);
  const command = event.ctrlKey || event.metaKey;
  const dialog = document.querySelector("dialog[open]") !== null;
  if (command && !event.altKey) return !dialog && pressWithCommand(event, keys);
  if (event.altKey && /^[1-9]$/.test(event.key)) return done(() => keys.onSelect(Number(event.key) - 1));
  if (event.altKey || isWriting(event.target) || dialog) return false;
  if (event.key === "Escape") return done(keys.onEscape);
  if (/^[0-9*#+]$/.test(event.key)) return done(() => keys.onDigit(event.key));
  return !event.repeat && /^[a-z]$/i.test(event.key) && keys.onLetter(event.key.toLowerCase());
}

/** With Ctrl or Cmd keys count in fields, too. */
function pressWithCommand(event: KeyboardEvent, keys: Keys): boolean {
  if (/^[1-4]$/.test(event.key)) return done(() => keys.onView(Number(event.key) - 1));
  switch (event.key.toLowerCase()) {
    case "l":
      return done(keys.onNumber);
    case "enter":
      return done(keys.onAnswer);
    case "e":
      return done(keys.onHangUp);
    default:
      return false;
  }
}

function done(act: () => void): true {
  act();
  return true;
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

import { useEffect, useRef } from "preact/hooks";

/** What the keyboard can do anywhere in the page. */
export interface Keys {
  onNumber: () => void;
  onDigit: (digit: string) => void;
  onEscape: () => void;
  onMute: () => void;
  onHold: () => void;
  onMerge: () => void;
  onSelect: (at: number) => void;
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
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

function press(event: KeyboardEvent, keys: Keys): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  if (event.key === "F1") return done(keys.onHelp);
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "l") return done(keys.onNumber);
  if (event.altKey && !command && /^[1-9]$/.test(event.key)) return done(() => keys.onSelect(Number(event.key) - 1));
  if (command || event.altKey || isWriting(event.target) || document.querySelector("dialog[open]")) return false;
  if (event.key === "Escape") return done(keys.onEscape);
  if (/^[0-9*#+]$/.test(event.key)) return done(() => keys.onDigit(event.key));
  if (event.repeat) return false;
  switch (event.key.toLowerCase()) {
    case "m":
      return done(keys.onMute);
    case "h":
      return done(keys.onHold);
    case "j":
      return done(keys.onMerge);
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

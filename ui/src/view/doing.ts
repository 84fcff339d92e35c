import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Bridge, Metered } from "../bridge/bridge";
import type { AccountId, Command } from "../bridge/types";
import { continued, say } from "../words/words";
import { LevelFeed } from "./levels";
import { refusalWords } from "./refusals";
import type { Section } from "./settings/Settings";

/** A short message at the edge of the window, with something to do about it. */
export interface Toast {
  id: number;
  message: string;
  /** What its button does; and what is done when it goes without that. */
  action?: { label: string; run: () => void; otherwise?: () => void };
}

/** How a call is placed, where it matters. */
export interface DialHow {
  /** From which account; null: from the one that is chosen. */
  account?: AccountId | null;
  /** Whether the keypad opens with the call. */
  keypad?: boolean;
}

/** What every view may do: ask the phone, and tell the person what came of it. */
export interface Doing {
  bridge: Bridge;
  send(command: Command): void;
  tell(message: string, action?: Toast["action"]): void;
  failed(thrown: unknown): void;
  /** Places a call, and shows the phone. */
  dial(target: string, how?: DialHow): void;
  /** Shows a section of the settings, or all of them. */
  settings(section: Section | null): void;
  /** How loud it is, for bars. */
  levels: Record<Metered, LevelFeed>;
}

export const DoingContext = createContext<Doing | null>(null);

export function useDoing(): Doing {
  const doing = useContext(DoingContext);
  if (!doing) throw new Error("a view stands outside of the page");
  return doing;
}

/** What the views share, made of the bridge and what the page itself does. */
export function makeDoing(bridge: Bridge, page: Pick<Doing, "tell" | "dial" | "settings">): Doing {
  const failed = (thrown: unknown) => page.tell(failedWords(thrown));
  const levels = { calls: new LevelFeed(bridge, "calls"), devices: new LevelFeed(bridge, "devices") };
  return { ...page, bridge, failed, levels, send: (command) => void bridge.send(command).catch(failed) };
}

/** That something did not work, and why. */
export const failedWords = (thrown: unknown) => say("app.failed", { message: continued(refusalWords(thrown)) });

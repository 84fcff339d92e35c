import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { asUiError, type Bridge } from "../bridge/bridge";
import type { Command } from "../bridge/types";
import { say } from "../words/words";

/** A short message at the edge of the window, with something to do about it. */
export interface Toast {
  id: number;
  message: string;
  action?: { label: string; run: () => void };
}

/** What every view may do: ask the phone, and tell the person what came of it. */
export interface Doing {
  bridge: Bridge;
  send(command: Command): void;
  tell(message: string, action?: Toast["action"]): void;
  failed(thrown: unknown): void;
  /** Places a call, and shows the phone. */
  dial(target: string): void;
}

export const DoingContext = createContext<Doing | null>(null);

export function useDoing(): Doing {
  const doing = useContext(DoingContext);
  if (!doing) throw new Error("a view stands outside of the page");
  return doing;
}

/** What the views share, made of the bridge and a way to show toasts. */
export function makeDoing(bridge: Bridge, tell: Doing["tell"], dial: Doing["dial"]): Doing {
  const failed = (thrown: unknown) => tell(say("app.failed", { message: asUiError(thrown).message }));
  return { bridge, tell, failed, dial, send: (command) => void bridge.send(command).catch(failed) };
}

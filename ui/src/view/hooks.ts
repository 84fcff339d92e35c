import { useEffect, useRef, useState } from "preact/hooks";
import type { Bridge, Stop } from "../bridge/bridge";
import type { Snapshot, WindowSettings } from "../bridge/types";
import { chooseLanguage, speak } from "../words/words";

/** The state of the phone; null until it was told once. */
export function useSnapshot(bridge: { follow(draw: (snapshot: Snapshot) => void): Stop }): Snapshot | null {
  const [snapshot, draw] = useState<Snapshot | null>(null);
  useEffect(() => bridge.follow(draw), [bridge]);
  return snapshot;
}

/** The phone's clock in ms as it is now, once a second while `running`: for visible timers only. */
export function useNow(snapshot: Snapshot | null, running: boolean): number {
  const [, tick] = useState(0);
  const taken = useRef({ revision: -1, at: 0 });
  if (snapshot && snapshot.revision !== taken.current.revision) {
    taken.current = { revision: snapshot.revision, at: performance.now() };
  }
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return snapshot ? snapshot.at_ms + performance.now() - taken.current.at : 0;
}

/** What a promise gives, asked for again when `key` changes; the last answer stays until the next one is there. */
export function useAnswer<T>(ask: () => Promise<T>, key: string, failed: (thrown: unknown) => void): T | null {
  const [answer, setAnswer] = useState<T | null>(null);
  useEffect(() => {
    let current = true;
    ask().then(
      (value) => current && setAnswer(value),
      (thrown) => current && failed(thrown),
    );
    return () => {
      current = false;
    };
  }, [key]);
  return answer;
}

/** Whether the page is as wide as this, in CSS pixels. */
export function useWide(width: number): boolean {
  const [wide, setWide] = useState(() => window.matchMedia(`(min-width: ${width}px)`).matches);
  useEffect(() => {
    const query = window.matchMedia(`(min-width: ${width}px)`);
    const changed = () => setWide(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [width]);
  return wide;
}

/** Speaks the language and wears the colours that the settings ask for. */
export function useLook(bridge: Bridge, snapshot: Snapshot | null): void {
  const [wanted, want] = useState<WindowSettings>({});
  const changes = snapshot?.changes.settings;
  useEffect(() => {
    if (changes === undefined) return;
    // A phone that does not answer now says so in the views; until then the page follows the system.
    bridge.settings().then(
      ({ settings }) => want(settings.window ?? {}),
      () => want({}),
    );
  }, [bridge, changes]);
  useWear(wanted.language ?? "", wanted.theme ?? "system");
}

/** Speaks a language and wears colours; the system's where none are named. */
export function useWear(wish: string, theme: string): void {
  const language = chooseLanguage(wish, navigator.languages);
  speak(language);
  useEffect(() => {
    document.documentElement.lang = language;
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }, [language, theme]);
}

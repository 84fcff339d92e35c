import { useEffect, useRef, useState } from "preact/hooks";
import type { Bridge, Stop } from "../bridge/bridge";
import type { Snapshot, WindowSettings } from "../bridge/types";
import { chooseLanguage, speak, spokenLanguage } from "../words/words";

/** The state of the phone; null until it was told once. */
export function useSnapshot(bridge: { follow(draw: (snapshot: Snapshot) => void): Stop }): Snapshot | null {
  const [snapshot, draw] = useState<Snapshot | null>(null);
  useEffect(() => bridge.follow(draw), [bridge]);
  return snapshot;
}

/** The phone's clock in ms as it is now, once a second while `running`: for visible timers only. */
export function useNow(snapshot: Pick<Snapshot, "revision" | "at_ms"> | null, running: boolean): number {
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

/** A part of the program, loaded when it is needed first; null until it is there. */
export function useLoaded<T>(needed: boolean, load: () => Promise<T>, failed: (thrown: unknown) => void): T | null {
  const [part, have] = useState<{ part: T } | null>(null);
  useEffect(() => {
    if (needed && !part) load().then((part) => have({ part }), failed);
  }, [needed, part, load, failed]);
  return part?.part ?? null;
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

/** How many entries a page of a long list has. */
export const PAGE = 200;

/** A list that comes in pages: those there are, and a way to the next one. */
export interface Pages<T> {
  /** Null until the first page came. */
  items: readonly T[] | null;
  /** Whether there are no further ones. */
  whole: boolean;
  more: () => void;
}

/** Follows a list: anew for another query; at a change as far as it was there. `ask` gives up to `PAGE` entries after these. */
export function usePages<T>(
  ask: (after: readonly T[]) => Promise<T[]>,
  query: string,
  change: number,
  failed: (thrown: unknown) => void,
): Pages<T> {
  const [held, hold] = useState<{ items: readonly T[] | null; whole: boolean }>({ items: null, whole: false });
  // An answer to an earlier turn is of no use any more.
  const now = useRef({ turn: 0, query, asking: false, ask, held });
  now.current.ask = ask;
  now.current.held = held;

  const fetch = useRef(async (from: readonly T[], wanted: number) => {
    now.current.turn += 1;
    const { turn } = now.current;
    now.current.asking = true;
    const items = [...from];
    let whole = false;
    while (items.length < wanted && !whole) {
      const page = await now.current.ask(items);
      if (turn !== now.current.turn) return;
      items.push(...page);
      whole = page.length < PAGE;
    }
    now.current.asking = false;
    hold({ items, whole });
  }).current;
  const begin = (from: readonly T[], wanted: number) =>
    void fetch(from, wanted).catch((thrown) => {
      now.current.asking = false;
      failed(thrown);
    });

  useEffect(() => {
    const same = now.current.query === query;
    now.current.query = query;
    begin([], same ? Math.max(1, now.current.held.items?.length ?? 0) : 1);
    return () => {
      now.current.turn += 1;
    };
  }, [query, change]);
  const more = () => {
    const { items, whole } = now.current.held;
    if (items && !whole && !now.current.asking) begin(items, items.length + 1);
  };
  return { ...held, more };
}

/** Whether the page is as wide as this, in rem: with greater letters, less has room side by side. */
export function useWide(rems: number): boolean {
  const query = `(min-width: ${rems * useRem()}px)`;
  const [wide, setWide] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const asked = window.matchMedia(query);
    const changed = () => setWide(asked.matches);
    changed();
    asked.addEventListener("change", changed);
    return () => asked.removeEventListener("change", changed);
  }, [query]);
  return wide;
}

/** The size of the page's letters, in CSS pixels; a media query only knows the one that the page began with. */
function useRem(): number {
  const [rem, setRem] = useState(measuredRem);
  useEffect(() => {
    // Something of that size tells when it changes.
    const probe = document.createElement("div");
    probe.className = "one-rem";
    document.body.append(probe);
    const observer = new ResizeObserver(() => setRem(measuredRem()));
    observer.observe(probe);
    return () => {
      observer.disconnect();
      probe.remove();
    };
  }, []);
  return rem;
}

const measuredRem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

/** Speaks the language and wears the colours that the settings ask for; what they say of the window. */
export function useLook(bridge: Bridge, snapshot: Snapshot | null): WindowSettings {
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
  return wanted;
}

/** Speaks a language and wears colours; the system's where none are named. */
export function useWear(wish: string, theme: string): void {
  const language = chooseLanguage(wish, navigator.languages);
  const [spoken, hear] = useState(spokenLanguage);
  useEffect(() => void speak(language).then(() => hear(spokenLanguage())), [language]);
  useEffect(() => {
    document.documentElement.lang = spoken;
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }, [spoken, theme]);
}

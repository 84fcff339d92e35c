// What was being typed, for as long as the window is open.
import { createContext } from "preact";
import { useCallback, useContext, useState } from "preact/hooks";

export const KeptContext = createContext<Map<string, unknown>>(new Map());

/** State that outlives its view: who turns to a call that rings finds it again afterwards. */
export function useKept<T>(name: string, first: T): [T, (next: T) => void] {
  const kept = useContext(KeptContext);
  const [value, set] = useState<T>(() => (kept.has(name) ? (kept.get(name) as T) : first));
  const keep = useCallback(
    (next: T) => {
      kept.set(name, next);
      set(() => next);
    },
    [kept, name],
  );
  return [value, keep];
}

/** Forgets what was typed, once it is saved or given up: everything whose name begins so. */
export function useForgetting(): (beginning: string) => void {
  const kept = useContext(KeptContext);
  return (beginning) => {
    for (const name of [...kept.keys()]) if (name.startsWith(beginning)) kept.delete(name);
  };
}

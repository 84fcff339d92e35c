import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import type { FieldProblem, SecretKey, SettingsView } from "../../bridge/types";
import { say } from "../../words/words";
import { useDoing } from "../doing";
import { faultWords, refusalWords } from "../refusals";
import { type WholeSettings, whole } from "./whole";

/** The settings while they are being changed. */
export interface Editing {
  settings: WholeSettings;
  view: SettingsView;
  problems: readonly FieldProblem[];
  /** What is wrong with a field, by its dotted name. */
  problem(field: string): string | undefined;
  /** Shows and checks a change that is still being typed. */
  edit(settings: WholeSettings): void;
  /** Puts in force what is shown, or these settings; tells whether it was. */
  save(settings?: WholeSettings): Promise<boolean>;
  /** Forgets what was typed and not saved, and asks for the settings again. */
  reset(): void;
}

export const EditingContext = createContext<Editing | null>(null);

export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (!editing) throw new Error("a field stands outside of the settings");
  return editing;
}

/** Keeps a secret in the key store; a key store that only keeps it for this run is told of. */
export function useKeeping(): (key: SecretKey, value: string) => Promise<void> {
  const { bridge, tell } = useDoing();
  return async (key, value) => {
    const { because } = await bridge.setSecret(key, value);
    if (because) tell(say("kept.this-run-only", { why: refusalWords(because) }));
  };
}

/** Follows the settings of the phone, and holds what is typed until it is saved; null until they were told once. */
export function useSettingsEditing(changes: number): Editing | null {
  const { bridge, failed } = useDoing();
  const [view, setView] = useState<SettingsView | null>(null);
  const [draft, setDraft] = useState<WholeSettings | null>(null);
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  // What was typed last; an answer to something older changes nothing.
  const typed = useRef<WholeSettings | null>(null);
  const [asked, ask] = useState(0);

  useEffect(() => {
    let current = true;
    bridge.settings().then(
      (told) => {
        if (!current) return;
        setView(told);
        if (typed.current === null) setDraft(whole(told.settings));
      },
      (thrown) => current && failed(thrown),
    );
    return () => {
      current = false;
    };
  }, [bridge, failed, changes, asked]);

  const edit = useCallback(
    (settings: WholeSettings) => {
      typed.current = settings;
      setDraft(settings);
      bridge
        .checkSettings(settings)
        .then((found) => typed.current === settings && setProblems(found))
        .catch(failed);
    },
    [bridge, failed],
  );
  const save = useCallback(
    async (changed?: WholeSettings) => {
      const settings = changed ?? typed.current;
      if (!settings) return true;
      typed.current = settings;
      setDraft(settings);
      try {
        const found = await bridge.saveSettings(settings);
        if (typed.current !== settings) return false;
        setProblems(found);
        if (found.length > 0) return false;
        typed.current = null;
        return true;
      } catch (thrown) {
        failed(thrown);
        return false;
      }
    },
    [bridge, failed],
  );
  const reset = useCallback(() => {
    typed.current = null;
    setProblems([]);
    ask((times) => times + 1);
  }, []);
  if (!view || !draft) return null;
  const isFixed = (field: string) => view.provisioned.fixed.includes(field);
  const problem = (field: string) => {
    const words = wordsOf(problems, field);
    return words && isFixed(field) ? say("provision.fixed") : words;
  };
  return { settings: draft, view, problems, problem, edit, save, reset };
}

/** What is wrong with one of the fields; undefined where it is fine. */
export function wordsOf(problems: readonly FieldProblem[], name: string): string | undefined {
  const found = problems.find(({ field }) => field === name);
  return found && faultWords(found.fault);
}

import type { AccountId, PhoneState, Suggestion } from "../bridge/types";
import { useAssistant, useFound } from "./assistant";
import { useDoing } from "./doing";
import { useAnswer } from "./hooks";

/** Most numbers that are offered. */
const MOST = 12;

/** Somebody who may be meant. */
export interface Suggested {
  name: string;
  number: string;
  from: Suggestion["from"] | "directory";
  /** Where the number is one, when not everywhere. */
  account: AccountId | null;
  /** How the telephone there is doing, where that is known. */
  phone: PhoneState | null;
}

/** Whom the typed text may mean: those known here first, then those known to the server of the account. */
export function useSuggestions(typed: string): readonly Suggested[] {
  const { bridge, failed } = useDoing();
  const own = useAnswer<Suggestion[]>(() => (typed ? bridge.suggest(typed) : Promise.resolve([])), typed, failed);
  const assistant = useAssistant();
  const found = useFound(typed);
  if (!typed) return [];
  const known = (own ?? []).map((suggestion): Suggested => ({ ...suggestion, account: null, phone: null }));
  const account = assistant?.view.account ?? null;
  const people = account === null || found.term !== typed ? [] : found.people;
  const told = people.flatMap(({ name, numbers, phone }) =>
    numbers.map(({ number }, at): Suggested => {
      // How a telephone is doing is told of the first.
      return { name, number, from: "directory", account, phone: at === 0 ? phone : null };
    }),
  );
  return [...known, ...told]
    .filter(({ number }, at, all) => all.findIndex((other) => other.number === number) === at)
    .slice(0, MOST);
}

// The assistant of an account's service, as far as every page needs it. Its views are loaded once there is one.
import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import type { Stop } from "../bridge/bridge";
import type {
  AccountId,
  AssistantList,
  AssistantPerson,
  AssistantRequest,
  AssistantState,
  AssistantView,
  Snapshot,
} from "../bridge/types";
import { speakOf } from "../words/words";
import { type Doing, useDoing } from "./doing";
import { useLoaded } from "./hooks";
import { accountShown } from "./voicemail";

type Views = typeof import("./assistant/views");

/** The assistant that is shown. */
export interface Assistant {
  view: AssistantView;
  views: Views;
  asking: Asking;
}

export const AssistantContext = createContext<Assistant | null>(null);

/** The assistant; null where no account has one, and until its views are there. */
export const useAssistant = () => useContext(AssistantContext);

/** What the user says he is doing, as people call it; empty when the server does not tell. */
export function statusTitle({ status, statuses }: AssistantState): string {
  return statuses.find(({ name }) => name === status)?.title || (status ?? "");
}

/** The assistant of the account that calls go out from, else the first there is. */
export function useAssistantShown(snapshot: Snapshot, from: AccountId | null, doing: Doing): Assistant | null {
  const { assistants } = snapshot;
  const shown = accountShown(snapshot, from)?.id;
  const view = assistants.find(({ account }) => account === shown) ?? assistants[0];
  const views = useLoaded(view !== undefined, loadViews, doing.failed);
  const account = view?.account;
  const { send } = doing;
  const asking = useMemo(
    () => (account === undefined ? null : new Asking((request) => send({ command: "assist", account, request }))),
    [account, send],
  );
  const online = view?.state.online;
  useEffect(() => {
    if (online) asking?.known(view?.state.term ?? "");
  }, [asking, online]);
  return useMemo(() => (view && views && asking ? { view, views, asking } : null), [view, views, asking]);
}

/** The views, with their words. */
async function loadViews(): Promise<Views> {
  const [views] = await Promise.all([import("./assistant/views"), speakOf("assistant")]);
  return views;
}

/** What the server of an account is asked for. It is told once of what comes and goes together. */
export class Asking {
  private readonly drawn: AssistantList[] = [];
  private readonly terms: string[] = [];
  private told = { term: "", lists: "" };
  private telling = false;

  constructor(readonly ask: (request: AssistantRequest) => void) {}

  /** Lets it tell of a list as long as that is drawn. */
  draw(list: AssistantList): Stop {
    return this.hold(this.drawn, list);
  }

  /** Looks somebody up, until it is stopped or somebody else is looked up. */
  search(term: string): Stop {
    return this.hold(this.terms, term);
  }

  /** This is whom the account has been asked for: nobody, where it began anew. */
  known(term: string): void {
    this.told = { ...this.told, term };
    this.tell();
  }

  private hold<T>(all: T[], one: T): Stop {
    all.push(one);
    this.tell();
    return () => {
      all.splice(all.lastIndexOf(one), 1);
      this.tell();
    };
  }

  private tell(): void {
    if (this.telling) return;
    this.telling = true;
    queueMicrotask(() => {
      this.telling = false;
      const term = this.terms.at(-1) ?? "";
      const lists = [...new Set(this.drawn)].sort();
      const { told } = this;
      this.told = { term, lists: lists.join() };
      // A list that is drawn is asked for at once: that of people has none before somebody is looked up.
      if (this.told.lists !== told.lists) this.ask({ request: "show", lists });
      if (term !== told.term) this.ask({ request: "search", term });
    });
  }
}

/** Lets the server of the assistant's account tell of a list as long as a view stands. */
export function useDrawn(list: AssistantList, asking: Asking | undefined): void {
  useEffect(() => asking?.draw(list), [list, asking]);
}

/** People who were found, and by which term. */
export interface Found {
  term: string;
  people: readonly AssistantPerson[];
}

/** Longest term that a server is asked for. */
const LONGEST = 120;

const NOBODY: Found = { term: "", people: [] };

/** Whom the server knows by a text; those of the last one until it has answered. */
export function useFound(text: string): Found {
  const term = text.length > LONGEST ? "" : text;
  const { bridge, failed } = useDoing();
  const assistant = useAssistant();
  const [found, hold] = useState(NOBODY);
  const asking = assistant?.asking;
  const wanted = term !== "";
  useEffect(() => (wanted ? asking?.draw("directory") : undefined), [wanted, asking]);
  useEffect(() => (term ? asking?.search(term) : undefined), [term, asking]);

  // Somebody else may have looked for somebody else.
  const answers = assistant?.view.state.term === term && assistant.view.state.directory.list === "known";
  const account = assistant?.view.account;
  useEffect(() => {
    if (!wanted) hold(NOBODY);
    if (!wanted || !answers || account === undefined) return;
    let current = true;
    bridge.assistantDirectory(account).then((people) => current && hold({ term, people }), failed);
    return () => {
      current = false;
    };
  }, [term, answers, account, assistant?.view.changes.directory]);
  return found;
}

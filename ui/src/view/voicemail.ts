import type { AccountId, AccountView, Snapshot, Voicemail } from "../bridge/types";
import { say } from "../words/words";
import { useDoing } from "./doing";

/** The voice mail of one account. */
export type Mailbox = Voicemail & { account: AccountId };

/** The account that calls go out from: the chosen one, else the first that is ready, else the first. */
export function accountShown({ accounts }: Snapshot, from: AccountId | null): AccountView | undefined {
  const usable = accounts.find(({ state }) => state.state === "registered" || state.state === "ready");
  return accounts.find(({ id }) => id === from) ?? usable ?? accounts[0];
}

/** Its voice mail, else the first of another account where messages wait; null when there is none. */
export function voicemailOf(snapshot: Snapshot, from: AccountId | null): Mailbox | null {
  const shown = accountShown(snapshot, from);
  const waiting = snapshot.accounts.find(({ voicemail }) => voicemail?.waiting);
  const account = shown?.voicemail?.waiting ? shown : (waiting ?? shown);
  return account?.voicemail ? { ...account.voicemail, account: account.id } : null;
}

/** Calls a voice mail, from the account whose it is. */
export function useVoicemail(): (mailbox: Mailbox) => void {
  const { send } = useDoing();
  return ({ account, number }) => send({ command: "dial", target: number, account, headers: [] });
}

/** What a press on it does, and how many messages are new. */
export function mailboxWords(mailbox: Mailbox): string {
  const { waiting, number } = mailbox;
  const hear = say(number ? "account.voicemail-hear" : "account.voicemail");
  return waiting && mailbox.new > 0 ? `${hear}: ${say("account.voicemail-new", { count: mailbox.new })}` : hear;
}

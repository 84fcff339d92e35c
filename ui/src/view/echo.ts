// The number that plays back what is said to it.
import type { AccountId, Provider, Settings, Snapshot } from "../bridge/types";

/** By habit of each kind of server. */
const BY_HABIT: Partial<Record<Provider["kind"], string>> = { practice: "600", xivo: "*55" };

/** Where an echo is called, and from which account: the first that is ready and has one; null where none has. */
export function echoOf(settings: Settings, { accounts }: Snapshot): { account: AccountId; number: string } | null {
  for (const { id, state } of accounts) {
    if (state.state !== "registered" && state.state !== "ready") continue;
    const kind = settings.accounts?.find((account) => account.id === id)?.provider.kind;
    const number = settings.calls?.echo_number || (kind && BY_HABIT[kind]);
    if (number) return { account: id, number };
  }
  return null;
}

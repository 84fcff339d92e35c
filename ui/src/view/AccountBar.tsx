import type { AccountId, Snapshot } from "../bridge/types";
import { say } from "../words/words";
import { useDoing } from "./doing";
import { Icon } from "./icons";
import { accountWords } from "./texts";

interface Props {
  snapshot: Snapshot;
  /** The account to call from; null: the first that is ready. */
  from: AccountId | null;
  onFrom: (account: AccountId | null) => void;
  /** Shows what is set for the accounts. */
  onAccounts: () => void;
}

/** Which account calls go out from and how it is doing; do not disturb. */
export function AccountBar({ snapshot, from, onFrom, onAccounts }: Props) {
  const { send } = useDoing();
  const { accounts } = snapshot;
  const usable = accounts.find(({ state }) => state.state === "registered" || state.state === "ready");
  const shown = accounts.find(({ id }) => id === from) ?? usable ?? accounts[0];
  const lamp = !shown
    ? "off"
    : shown.state.state === "registered" || shown.state.state === "ready"
      ? "on"
      : shown.state.state === "offline"
        ? "bad"
        : "off";
  const offline = accounts.filter(({ state }) => state.state === "offline");
  return (
    <div class="account-bar">
      <div class="chip">
        <span class={`dot ${lamp}`} aria-hidden="true" />
        <span class="chip-words">
          <span class="chip-name">{shown ? shown.id : say("account.none")}</span>
          <small>{shown ? accountWords(shown.state) : say("account.none-yet")}</small>
        </span>
        {accounts.length > 1 && (
          <>
            <Icon name="down" />
            <select
              aria-label={say("account.choose")}
              value={from ?? ""}
              onChange={(event) => onFrom(event.currentTarget.value || null)}
            >
              <option value="">{say("account.first-usable")}</option>
              {accounts.map(({ id, state }) => (
                <option key={id} value={id}>
                  {`${id} · ${accountWords(state)}`}
                </option>
              ))}
            </select>
          </>
        )}
      </div>
      <button
        type="button"
        class="small"
        aria-pressed={snapshot.do_not_disturb}
        aria-label={say("account.dnd")}
        title={say(snapshot.do_not_disturb ? "account.dnd-on" : "account.dnd")}
        onClick={() => send({ command: "do-not-disturb", on: !snapshot.do_not_disturb })}
      >
        <Icon name="moon" />
      </button>
      {offline.length > 0 && (
        <div class="account-trouble" role="status">
          {/* The one in the chip has its words there. */}
          {offline
            .filter((account) => account !== shown)
            .map(({ id, state }) => (
              <span key={id}>
                <bdi>{id}</bdi>
                {`: ${accountWords(state)}`}
              </span>
            ))}
          <button type="button" class="quiet" onClick={onAccounts}>
            {say("notice.accounts")}
          </button>
        </div>
      )}
    </div>
  );
}

import type { AccountId, Snapshot } from "../bridge/types";
import { about, isolated, say } from "../words/words";
import { statusTitle, useAssistant } from "./assistant";
import { useDoing } from "./doing";
import { Icon } from "./icons";
import { accountWords } from "./texts";
import { accountShown, mailboxWords, useVoicemail, voicemailOf } from "./voicemail";

interface Props {
  snapshot: Snapshot;
  /** The account to call from; null: the first that is ready. */
  from: AccountId | null;
  onFrom: (account: AccountId | null) => void;
  /** Who the next call is from, where the account lets one choose; null: as the account says. */
  callerId: string | null;
  onCallerId: (id: string) => void;
}

/** Which account calls go out from and how it is doing; do not disturb; what its server does with calls. */
export function AccountBar({ snapshot, from, onFrom, callerId, onCallerId }: Props) {
  const { send, settings } = useDoing();
  const { accounts } = snapshot;
  const shown = accountShown(snapshot, from);
  const mailbox = voicemailOf(snapshot, from);
  const hear = useVoicemail();
  const assistant = useAssistant();
  const status = assistant && assistant.view.account === shown?.id ? statusTitle(assistant.view.state) : "";
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
          <small>
            {shown ? accountWords(shown.state, shown.can) : say("account.none-yet")}
            {status && ` · ${status}`}
          </small>
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
              {accounts.map(({ id, state, can }) => (
                <option key={id} value={id}>
                  {`${id} · ${accountWords(state, can)}`}
                </option>
              ))}
            </select>
          </>
        )}
      </div>
      {mailbox && (mailbox.waiting || mailbox.number) && (
        <button
          type="button"
          class={mailbox.waiting ? "small voicemail waiting" : "small voicemail"}
          aria-label={mailboxWords(mailbox)}
          title={mailboxWords(mailbox)}
          disabled={!mailbox.number}
          onClick={() => hear(mailbox)}
        >
          <Icon name="voicemail" />
          {mailbox.waiting && <span class="count">{mailbox.new > 0 ? String(mailbox.new) : "•"}</span>}
        </button>
      )}
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
      {shown && shown.caller_ids.length > 1 && (
        <label class="caller-id">
          {say("account.caller-id")}
          <select value={callerId ?? shown.caller_ids[0]} onChange={(event) => onCallerId(event.currentTarget.value)}>
            {shown.caller_ids.map((id) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
      )}
      {assistant && <assistant.views.Services mailbox={mailbox} />}
      {offline.length > 0 && (
        <div class="account-trouble" role="status">
          {/* The one in the chip has its words there. */}
          {offline
            .filter((account) => account !== shown)
            .map(({ id, state }) => (
              <span key={id}>{about(isolated(id), accountWords(state))}</span>
            ))}
          <button type="button" class="quiet" onClick={() => settings("accounts")}>
            {say("notice.accounts")}
          </button>
        </div>
      )}
    </div>
  );
}

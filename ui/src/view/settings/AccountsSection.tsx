import { useEffect, useState } from "preact/hooks";
import type { AccountState, DevicesView, Snapshot } from "../../bridge/types";
import { about, isolated, type Key, say } from "../../words/words";
import { useDoing } from "../doing";
import { focusBeside, focusTop } from "../focus";
import { useNow } from "../hooks";
import { Icon } from "../icons";
import { changedKey, KeyChanged } from "../KeyChanged";
import { useForgetting, useKept } from "../kept";
import { Question } from "../Question";
import { accountWords, duration } from "../texts";
import { AccountForm } from "./AccountForm";
import { AculabForm } from "./AculabForm";
import { CloudSheet } from "./CloudSheet";
import { useEditing } from "./editing";
import { useMoved } from "./OrderedList";
import { type WholeAccount, type WholeAculab, wholeAculab, wholeSip, wholeXivo } from "./whole";
import { XivoForm } from "./XivoForm";

interface Props {
  snapshot: Snapshot;
}

/** The accounts in the order in which they are dialled from. */
export function AccountsSection({ snapshot }: Props) {
  const { bridge, failed } = useDoing();
  const { settings, save } = useEditing();
  const [open, setOpen] = useKept<{ account: WholeAccount; isNew: boolean } | null>("account", null);
  const [, openForPassword] = useKept("account.for-password", false);
  const forget = useForgetting();
  const [cloud, setCloud] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<string | null>(null);
  const [comparing, compare] = useState<string | null>(null);
  const { accounts } = settings;
  const [devices, setDevices] = useState<DevicesView | null>(null);
  useEffect(() => bridge.followDevices(setDevices), [bridge]);
  const put = (changed: WholeAccount[]) => {
    // A policy ends with its account: a later account of the same name shall not find it.
    const auto_answer = settings.auto_answer.filter(({ account }) => changed.some(({ id }) => id === account));
    void save({ ...settings, accounts: changed, auto_answer });
  };
  const { list, follow, place } = useMoved(accounts.map(({ id }) => id));
  const move = (at: number, to: number) => {
    const moved = [...accounts];
    moved.splice(to, 0, ...moved.splice(at, 1));
    follow(at, to, accounts[at]?.id ?? "");
    put(moved);
  };

  if (open) {
    const Form = FORMS[open.account.provider.kind];
    const close = () => {
      forget("account.");
      setOpen(null);
    };
    return Form && <Form {...open} onClose={close} />;
  }
  return (
    <>
      <p class="hint">{say("accounts.order-hint")}</p>
      {accounts.length === 0 && <p class="empty">{say("account.none-yet")}</p>}
      <p class="unseen" role="status">
        {place}
      </p>
      <ul ref={list} class="accounts">
        {accounts.map((account, at) => {
          const {
            state,
            token,
            expires_ms: expires = null,
          } = snapshot.accounts.find(({ id }) => id === account.id) ?? {};
          const name = isolated(account.id);
          const keys = state ? changedKey({ state }) : null;
          return (
            <li key={account.id} class="account" data-account={account.id}>
              <label class="account-words">
                <input
                  type="checkbox"
                  role="switch"
                  class="switch"
                  checked={account.enabled}
                  aria-checked={account.enabled}
                  aria-label={say("accounts.enabled", { name })}
                  onChange={(event) => {
                    const enabled = event.currentTarget.checked;
                    put(accounts.map((other) => (other.id === account.id ? { ...other, enabled } : other)));
                  }}
                />
                <span class="row-words">
                  <strong>
                    <bdi>{account.id}</bdi>
                  </strong>
                  <small>
                    {account.provider.kind === "sip" && (
                      <bdi>{`${account.provider.user} · ${account.provider.server}`}</bdi>
                    )}
                    {account.provider.kind === "aculab" && (
                      <bdi>{`${aculabUser(account.provider)} · Aculab Cloud ${account.provider.cloud_id}`}</bdi>
                    )}
                    {account.provider.kind === "xivo" && (
                      <bdi>{`${account.provider.login} · XiVO ${account.provider.server}`}</bdi>
                    )}
                    {account.provider.kind === "practice" && say("accounts.practice")}
                  </small>
                  {state && <small class="account-state">{accountWords(state)}</small>}
                  {account.enabled && account.provider.kind === "aculab" && devices && <CanTalk devices={devices} />}
                  {token && (
                    <small class={token.fits ? "account-state" : "problem"}>
                      {say(token.fits ? "aculab.token-of" : "aculab.token-strange", {
                        client: isolated(token.client),
                        cloud: isolated(token.cloud),
                      })}
                    </small>
                  )}
                  {expires !== null && <Expiry snapshot={snapshot} at={expires} />}
                </span>
              </label>
              {account.enabled && serviceOf(account) && (
                <button
                  type="button"
                  class="quiet"
                  disabled={devices?.microphone.using === null}
                  onClick={() => {
                    const target = `service:${serviceOf(account)}`;
                    bridge.send({ command: "dial", target, account: account.id, headers: [] }).catch(failed);
                  }}
                >
                  {say("aculab.call-service", { name: isolated(serviceOf(account)) })}
                </button>
              )}
              {state && isForPassword(state) && FORMS[account.provider.kind] && (
                <button
                  type="button"
                  class="quiet"
                  aria-label={about(say("accounts.enter-password"), name)}
                  onClick={() => {
                    openForPassword(true);
                    setOpen({ account, isNew: false });
                  }}
                >
                  {say("accounts.enter-password")}
                </button>
              )}
              {keys && (
                <button type="button" class="quiet" onClick={() => compare(account.id)}>
                  {say("key.compare")}
                </button>
              )}
              {keys && comparing === account.id && (
                <KeyChanged account={account.id} keys={keys} onRefuse={() => compare(null)} />
              )}
              {account.enabled && servicesOf(account) && (
                <button type="button" class="quiet" onClick={() => setCloud(account.id)}>
                  {say("cloud.clients")}
                </button>
              )}
              {cloud === account.id && servicesOf(account) && (
                <CloudSheet
                  account={account.id}
                  {...(servicesOf(account) as Services)}
                  registered={state?.state === "registered"}
                  onClose={() => setCloud(null)}
                />
              )}
              <AccountButtons
                name={name}
                first={at === 0}
                last={at === accounts.length - 1}
                onUp={() => move(at, at - 1)}
                onDown={() => move(at, at + 1)}
                onEdit={FORMS[account.provider.kind] ? () => setOpen({ account, isNew: false }) : undefined}
                onDelete={() => setDeleting(account.id)}
              />
              {deleting === account.id && (
                <Question
                  label={say("app.delete")}
                  words={say("accounts.delete-question", { name })}
                  onYes={(button) => {
                    if (accounts.length > 1) focusBeside(button, ".delete");
                    else focusTop(button);
                    setDeleting(null);
                    put(accounts.filter(({ id }) => id !== account.id));
                  }}
                  onNo={() => setDeleting(null)}
                />
              )}
            </li>
          );
        })}
      </ul>
      <div class="row">
        <button type="button" class="primary add-account" onClick={() => setOpen({ account: newSip(), isNew: true })}>
          <Icon name="add" />
          {say("accounts.add-sip")}
        </button>
        <button type="button" onClick={() => setOpen({ account: newAculab(), isNew: true })}>
          {say("accounts.add-aculab")}
        </button>
        <button type="button" onClick={() => setOpen({ account: newXivo(), isNew: true })}>
          {say("accounts.add-xivo")}
        </button>
        {!accounts.some(({ provider }) => provider.kind === "practice") && (
          <button
            type="button"
            onClick={() => put([...accounts, { id: "practice", enabled: true, provider: { kind: "practice" } }])}
          >
            {say("accounts.add-practice")}
          </button>
        )}
      </div>
    </>
  );
}

function newAculab(): WholeAccount {
  const way = { version: "v2", access_key: "", client_id: "" } as const;
  return { id: "", enabled: true, provider: wholeAculab({ cloud_id: "", interface: way }) };
}

type Services = Pick<Parameters<typeof CloudSheet>[0], "client" | "callable">;

/** What the web services of the cloud are asked with, where the account's tokens are from them. */
function servicesOf({ provider }: WholeAccount): Services | null {
  if (provider.kind !== "aculab" || provider.interface.version === "v1") return null;
  const { client_id: client, token_source: source } = provider.interface;
  return source.source === "web-services" ? { client, callable: source.callable } : null;
}

function newXivo(): WholeAccount {
  return { id: "", enabled: true, provider: wholeXivo({ server: "https://", login: "" }) };
}

/** The service that an account calls as a rule. */
function serviceOf({ provider }: WholeAccount): string {
  return provider.kind === "aculab" && provider.interface.version === "v1" ? provider.interface.service : "";
}

/** Whether there is what a call at the cloud needs, which takes none without a microphone; and what to do where there is not. */
function CanTalk({ devices }: { devices: DevicesView }) {
  const missing = [devices.microphone.using === null, devices.speaker.using === null];
  const words: Key = missing.every(Boolean)
    ? "aculab.no-devices"
    : missing[0]
      ? "aculab.no-microphone"
      : missing[1]
        ? "aculab.no-speaker"
        : "aculab.has-devices";
  return <small class={missing.some(Boolean) ? "problem" : "account-state"}>{say(words)}</small>;
}

/** Whether another password may help. */
function isForPassword(state: AccountState): boolean {
  if (state.state !== "offline") return false;
  const { cause } = state;
  return cause.kind === "wrong-password" || (cause.kind === "configuration" && cause.fault.code === "no-password");
}

/** How long the account is still signed in. */
function Expiry({ snapshot, at }: { snapshot: Snapshot; at: number }) {
  const left = Math.max(0, at - useNow(snapshot, true));
  return (
    <small class="account-state">
      {left > 0 ? say("aculab.expires", { time: duration(left) }) : say("aculab.expired")}
    </small>
  );
}

/** The form of each kind of account; what needs no settings has none. */
const FORMS = { practice: null, sip: AccountForm, aculab: AculabForm, xivo: XivoForm } as const;

function aculabUser({ interface: way }: WholeAculab): string {
  return way.version === "v1" ? way.caller_id : way.client_id;
}

function newSip(): WholeAccount {
  return { id: "", enabled: true, provider: wholeSip({ server: "wss://", user: "" }) };
}

interface ButtonsProps {
  name: string;
  first: boolean;
  last: boolean;
  onUp: () => void;
  onDown: () => void;
  onEdit: (() => void) | undefined;
  onDelete: () => void;
}

function AccountButtons({ name, first, last, onUp, onDown, onEdit, onDelete }: ButtonsProps) {
  return (
    <span class="account-buttons">
      <button type="button" class="small up" aria-label={say("order.up", { name })} disabled={first} onClick={onUp}>
        <Icon name="up" />
      </button>
      <button
        type="button"
        class="small down"
        aria-label={say("order.down", { name })}
        disabled={last}
        onClick={onDown}
      >
        <Icon name="down" />
      </button>
      {onEdit && (
        <button type="button" class="small edit" aria-label={say("accounts.edit", { name })} onClick={onEdit}>
          <Icon name="edit" />
        </button>
      )}
      <button type="button" class="small delete" aria-label={say("accounts.delete", { name })} onClick={onDelete}>
        <Icon name="bin" />
      </button>
    </span>
  );
}

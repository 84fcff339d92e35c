import { useState } from "preact/hooks";
import type { IcePolicy, IceTrial } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { faultWords, refusalWords } from "../refusals";
import { useEditing } from "./editing";
import { ChoiceField, Group, SwitchField, TextField } from "./fields";
import { IceSteps } from "./TrialSteps";
import type { WholeAccount, WholeAculab, WholeSip } from "./whole";

type WithIce = WholeAccount & { provider: WholeSip | WholeAculab };

/** The ways that the audio of each account may take. */
export function NetworkSection() {
  const { settings } = useEditing();
  const accounts = settings.accounts.filter((account): account is WithIce => account.provider.kind !== "practice");
  if (accounts.length === 0) return <p class="empty">{say("network.none")}</p>;
  return (
    <>
      <p class="hint">{say("network.hint")}</p>
      {accounts.map((account) => (
        <Ways key={account.id} account={account} />
      ))}
    </>
  );
}

function Ways({ account }: { account: WithIce }) {
  const { settings, save, problem } = useEditing();
  const { bridge, failed } = useDoing();
  const [adding, setAdding] = useState(false);
  const [trying, setTrying] = useState<string | null>(null);
  const [tried, setTried] = useState<{ url: string; trial: IceTrial } | null>(null);
  const tryServer = async (url: string) => {
    setTrying(url);
    setTried(null);
    try {
      setTried({ url, trial: await bridge.tryIce(account, url, null) });
    } catch (thrown) {
      failed(thrown);
    }
    setTrying(null);
  };
  const { ice_policy: policy } = account.provider;
  const servers = account.provider.ice_servers ?? [];
  const put = (part: Partial<Pick<WholeAculab, "ice_servers" | "ice_policy">>) =>
    save({
      ...settings,
      accounts: settings.accounts.map((other) =>
        other.id === account.id ? ({ ...other, provider: { ...account.provider, ...part } } as WholeAccount) : other,
      ),
    });
  return (
    <Group title={account.id}>
      <ChoiceField<IcePolicy>
        label={say("network.policy")}
        value={policy}
        options={[
          ["all", say("network.all")],
          ["relay-only", say("network.relay-only")],
          ["host-only", say("network.host-only")],
        ]}
        problem={problem(`accounts.${account.id}.ice_policy`)}
        onChoose={(ice_policy) => void put({ ice_policy })}
      />
      {account.provider.kind === "aculab" && (
        <SwitchField
          label={say("network.of-cloud")}
          on={account.provider.ice_servers === null}
          onSwitch={(on) => void put({ ice_servers: on ? null : [] })}
        />
      )}
      <ul class="servers" aria-label={say("network.servers")}>
        {servers.map(({ url, username }, at) => (
          <li key={url}>
            <span class="ordered-name">
              <bdi>{url}</bdi>
              {username && (
                <small>
                  <bdi>{username}</bdi>
                </small>
              )}
              {problem(`accounts.${account.id}.ice_servers.${at}.username`) && (
                <small class="problem">{problem(`accounts.${account.id}.ice_servers.${at}.username`)}</small>
              )}
            </span>
            <button type="button" class="quiet" disabled={trying === url} onClick={() => void tryServer(url)}>
              {say(trying === url ? "trial.running" : "ice.try")}
            </button>
            <button
              type="button"
              class="small"
              aria-label={say("order.remove", { name: isolated(url) })}
              onClick={() => void put({ ice_servers: servers.filter((_, other) => other !== at) })}
            >
              <Icon name="bin" />
            </button>
            {tried?.url === url && (
              <div class="server-trial" role="status">
                <IceSteps trial={tried.trial} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {adding ? (
        <NewServer account={account} onClose={() => setAdding(false)} />
      ) : (
        <button type="button" class="quiet" onClick={() => setAdding(true)}>
          <Icon name="add" />
          {say("network.add")}
        </button>
      )}
    </Group>
  );
}

/** The kinds of servers, and how an address of each is written (RFC 7064, RFC 7065). */
const KINDS = {
  stun: (host: string) => `stun:${host}`,
  "turn-udp": (host: string) => `turn:${host}?transport=udp`,
  "turn-tcp": (host: string) => `turn:${host}?transport=tcp`,
  "turn-tls": (host: string) => `turns:${host}`,
} as const;
type Kind = keyof typeof KINDS;

function NewServer({ account, onClose }: { account: WithIce; onClose: () => void }) {
  const { bridge, tell } = useDoing();
  const { settings, reset } = useEditing();
  const [kind, setKind] = useState<Kind>("stun");
  const [host, setHost] = useState("");
  const [username, setUsername] = useState("");
  const [credential, setCredential] = useState("");
  const [message, setMessage] = useState("");
  const relays = kind !== "stun";

  const add = async () => {
    const url = KINDS[kind](host.trim());
    const server = { url, username: relays ? username : "" };
    const provider = { ...account.provider, ice_servers: [...(account.provider.ice_servers ?? []), server] };
    const accounts = settings.accounts.map((other) => (other.id === account.id ? { ...other, provider } : other));
    try {
      const [found] = await bridge.saveSettings({ ...settings, accounts });
      if (found) {
        setMessage(faultWords(found.fault));
        return;
      }
      if (relays && credential) {
        const key = { secret: "turn-credential" as const, account: account.id, url, username };
        const { because } = await bridge.setSecret(key, credential);
        if (because) tell(refusalWords(because));
      }
      reset();
      onClose();
    } catch (thrown) {
      setMessage(refusalWords(thrown));
    }
  };
  return (
    <form
      class="new-server"
      aria-label={say("network.add")}
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <ChoiceField<Kind>
        label={say("network.kind")}
        value={kind}
        options={(Object.keys(KINDS) as Kind[]).map((name) => [name, say(`network.${name}`)] as const)}
        onChoose={setKind}
      />
      <TextField label={say("network.host")} hint={say("network.host-hint")} value={host} onText={setHost} />
      {relays && (
        <>
          <TextField label={say("network.username")} value={username} onText={setUsername} />
          <TextField label={say("network.credential")} secret value={credential} onText={setCredential} />
        </>
      )}
      {message && (
        <p class="problem" role="alert">
          {message}
        </p>
      )}
      <div class="row">
        <button type="submit" class="primary" disabled={!host.trim()}>
          {say("app.add")}
        </button>
        <button type="button" onClick={onClose}>
          {say("app.cancel")}
        </button>
      </div>
    </form>
  );
}

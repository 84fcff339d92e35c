import { useState } from "preact/hooks";
import type { IcePolicy, IceTrial } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { focusBeside } from "../focus";
import { Icon } from "../icons";
import { useEditing } from "./editing";
import { ChoiceField, Group, SwitchField } from "./fields";
import { ServerForm, type WithIce } from "./ServerForm";
import { IceSteps } from "./TrialSteps";
import type { WholeAccount, WholeAculab } from "./whole";

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
  /** The server whose form is open: by its place, or another one. */
  const [open, setOpen] = useState<number | "another" | null>(null);
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
        {servers.map(({ url, username }, at) =>
          open === at ? (
            <li key={url}>
              <ServerForm account={account} at={at} onClose={() => setOpen(null)} />
            </li>
          ) : (
            <li key={url} data-server={url}>
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
                class="small edit"
                aria-label={say("accounts.edit", { name: isolated(url) })}
                title={say("app.edit")}
                onClick={() => setOpen(at)}
              >
                <Icon name="edit" />
              </button>
              <button
                type="button"
                class="small delete"
                aria-label={say("order.remove", { name: isolated(url) })}
                onClick={(event) => {
                  focusBeside(event.currentTarget, ".delete");
                  void put({ ice_servers: servers.filter((_, other) => other !== at) });
                }}
              >
                <Icon name="bin" />
              </button>
              {tried?.url === url && (
                <div class="server-trial" role="status">
                  <IceSteps trial={tried.trial} />
                </div>
              )}
            </li>
          ),
        )}
      </ul>
      {open === "another" ? (
        <ServerForm account={account} at={null} onClose={() => setOpen(null)} />
      ) : (
        <button type="button" class="quiet add-server" data-account={account.id} onClick={() => setOpen("another")}>
          <Icon name="add" />
          {say("network.add")}
        </button>
      )}
    </Group>
  );
}

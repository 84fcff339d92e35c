import { type Key, say } from "../../words/words";
import { useKept } from "../kept";
import { AccountFrame, SecretField, useDraft } from "./draft";
import { ChoiceField, SwitchField, TextField, wholeNumber } from "./fields";
import { type WholeAccount, type WholeAculab, type WholeSource, wholeInterface, wholeSource } from "./whole";

interface Props {
  account: WholeAccount;
  isNew: boolean;
  onClose: () => void;
}

type Interface = WholeAculab["interface"];
type Client = Extract<Interface, { version: "v2" }>;

/** One account at Aculab Cloud, by either of its interfaces. */
export function AculabForm({ account: given, isNew, onClose }: Props) {
  const draft = useDraft(given, isNew, onClose);
  const [token, setToken] = useKept("account.token", "");
  const [apiKey, setApiKey] = useKept("account.api-key", "");
  /** As it is being typed, blanks at the end included. They part the ids, which may have commas. */
  const [otherIds, setOtherIds] = useKept<string | null>("account.other-ids", null);
  const { account, change, problem } = draft;
  if (account.provider.kind !== "aculab") return null;
  const aculab = account.provider;
  const way = aculab.interface;
  const put = (part: Partial<WholeAculab>) => change({ ...account, provider: { ...aculab, ...part } });
  const text = (name: "cloud_id" | "server" | "web_services" | "proxy" | "ca_file" | "pin", hint?: string) => (
    <TextField
      label={say(LABELS[name])}
      hint={hint}
      problem={problem(name)}
      value={aculab[name]}
      onText={(value) => put({ [name]: value })}
    />
  );
  return (
    <AccountFrame
      draft={draft}
      isNew={isNew}
      title={say("accounts.new-aculab")}
      secret={apiKey || token}
      secrets={() => [
        [{ secret: "token", account: account.id }, token],
        [{ secret: "api-key", account: account.id }, apiKey],
      ]}
      onClose={onClose}
    >
      <ChoiceField<Interface["version"]>
        label={say("aculab.interface")}
        value={way.version}
        options={[
          ["v1", say("aculab.v1")],
          ["v2", say("aculab.v2")],
        ]}
        onChoose={(version) => put({ interface: other(way, version) })}
      />
      {text("cloud_id", say("aculab.cloud-id-hint"))}
      {way.version === "v1" && (
        <>
          <TextField
            label={say("aculab.caller-id")}
            hint={say("aculab.caller-id-hint")}
            problem={problem("interface.caller_id")}
            value={way.caller_id}
            onText={(caller_id) => put({ interface: { ...way, caller_id } })}
          />
          <TextField
            label={say("aculab.other-ids")}
            hint={say("aculab.other-ids-hint")}
            problem={problem("interface.other_ids")}
            value={otherIds ?? way.other_ids.join(" ")}
            onText={(typed) => {
              setOtherIds(typed);
              const other_ids = typed.split(/\s+/).filter((id) => id);
              put({ interface: { ...way, other_ids } });
            }}
          />
          <TextField
            label={say("aculab.service")}
            hint={say("aculab.service-hint")}
            problem={problem("interface.service")}
            value={way.service}
            onText={(service) => put({ interface: { ...way, service } })}
          />
        </>
      )}
      {way.version === "v2" && (
        <>
          <TextField
            label={say("aculab.access-key")}
            hint={say("aculab.access-key-hint")}
            problem={problem("interface.access_key")}
            value={way.access_key}
            onText={(access_key) => put({ interface: { ...way, access_key } })}
          />
          <TextField
            label={say("aculab.client-id")}
            hint={say("aculab.client-id-hint")}
            problem={problem("interface.client_id")}
            value={way.client_id}
            onText={(client_id) => put({ interface: { ...way, client_id } })}
          />
          <SourceFields
            source={way.token_source}
            problem={(name) => problem(`interface.token_source.${name}`)}
            onSource={(token_source) => put({ interface: { ...way, token_source } })}
          />
          {way.token_source.source === "pasted" && (
            <SecretField
              label={say("aculab.token")}
              forget={say("aculab.forget")}
              value={token}
              kept={draft.kept("token")}
              onText={setToken}
              onForget={() => draft.forget({ secret: "token", account: given.id })}
            />
          )}
          {way.token_source.source === "web-services" && (
            <SecretField
              label={say("aculab.api-key")}
              forget={say("aculab.forget")}
              value={apiKey}
              kept={draft.kept("api-key")}
              onText={setApiKey}
              onForget={() => draft.forget({ secret: "api-key", account: given.id })}
            />
          )}
          <SwitchField
            label={say("aculab.accept-calls")}
            hint={say("aculab.accept-calls-hint")}
            on={way.accept_calls}
            onSwitch={(accept_calls) => put({ interface: { ...way, accept_calls } })}
          />
        </>
      )}
      <details class="more">
        <summary>{say("accounts.more")}</summary>
        {way.version === "v2" && (
          <TextField
            label={say("aculab.max-concurrent")}
            numeric
            problem={problem("interface.max_concurrent")}
            value={String(way.max_concurrent)}
            onText={(value) => put({ interface: { ...way, max_concurrent: wholeNumber(value) } })}
          />
        )}
        {way.version === "v2" && (
          <TextField
            label={say("calls.ring-for")}
            numeric
            problem={problem("interface.ring_for_s")}
            value={String(way.ring_for_s)}
            onText={(value) => put({ interface: { ...way, ring_for_s: wholeNumber(value) } })}
          />
        )}
        {text("server", say("aculab.server-hint"))}
        {way.version === "v2" && text("web_services", say("aculab.web-services-hint"))}
        {text("proxy", say("accounts.proxy-hint"))}
        {text("ca_file", say("accounts.ca-file-hint"))}
        {text("pin", say("accounts.pin-hint"))}
        <ChoiceField<string>
          label={say("aculab.log")}
          problem={problem("log_level")}
          value={aculab.log_level === null ? "" : String(aculab.log_level)}
          options={[
            ["", say("aculab.log-as-rest")],
            ...LOG_LEVELS.map((level) => [String(level), `${level} · ${say(`log-level.${level}`)}`] as const),
          ]}
          onChoose={(level) => put({ log_level: level === "" ? null : Number(level) })}
        />
      </details>
    </AccountFrame>
  );
}

/** From nothing to everything. */
const LOG_LEVELS = [0, 1, 2, 3, 4, 5, 6] as const;

const LABELS = {
  cloud_id: "aculab.cloud-id",
  server: "aculab.server",
  web_services: "aculab.web-services",
  proxy: "accounts.proxy",
  ca_file: "accounts.ca-file",
  pin: "accounts.pin",
} as const satisfies Record<string, Key>;

/** The other interface, for the same person. */
function other(way: Interface, version: Interface["version"]): Interface {
  if (way.version === version) return way;
  return way.version === "v1"
    ? wholeInterface({ version: "v2", access_key: "", client_id: way.caller_id })
    : wholeInterface({ version: "v1", caller_id: way.client_id });
}

interface SourceProps {
  source: Client["token_source"];
  problem: (name: string) => string | undefined;
  onSource: (source: WholeSource) => void;
}

/** Where the tokens come from. */
function SourceFields({ source, problem, onSource }: SourceProps) {
  return (
    <>
      <ChoiceField<WholeSource["source"]>
        label={say("aculab.source")}
        value={source.source}
        options={[
          ["pasted", say("aculab.source.pasted")],
          ["url", say("aculab.source.url")],
          ["web-services", say("aculab.source.web-services")],
        ]}
        onChoose={(chosen) => onSource(FRESH[chosen])}
      />
      {source.source === "url" && (
        <TextField
          label={say("aculab.token-url")}
          hint={say("aculab.token-url-hint")}
          problem={problem("url")}
          value={source.url}
          onText={(url) => onSource({ ...source, url })}
        />
      )}
      {source.source === "web-services" && (
        <>
          <TextField
            label={say("aculab.cloud-user")}
            problem={problem("user")}
            value={source.user}
            onText={(user) => onSource({ ...source, user })}
          />
          <TextField
            label={say("aculab.callable")}
            hint={say("aculab.callable-hint")}
            problem={problem("callable")}
            value={source.callable}
            onText={(callable) => onSource({ ...source, callable })}
          />
          <TextField
            label={say("aculab.lifetime")}
            numeric
            problem={problem("lifetime_s")}
            value={String(source.lifetime_s)}
            onText={(value) => onSource({ ...source, lifetime_s: wholeNumber(value) })}
          />
        </>
      )}
    </>
  );
}

const FRESH: Record<WholeSource["source"], WholeSource> = {
  pasted: { source: "pasted" },
  url: { source: "url", url: "https://" },
  "web-services": wholeSource({ source: "web-services", user: "" }),
};

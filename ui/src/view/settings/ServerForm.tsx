import { useEffect, useRef, useState } from "preact/hooks";
import type { SecretKey } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { useFocusAfter } from "../focus";
import { faultWords, refusalWords } from "../refusals";
import { useEditing, useKeeping } from "./editing";
import { ChoiceField, TextField } from "./fields";
import type { WholeAccount, WholeAculab, WholeSip } from "./whole";

/** An account whose audio may go by servers. */
export type WithIce = WholeAccount & { provider: WholeSip | WholeAculab };

/** The kinds of servers, and how an address of each is written (RFC 7064, RFC 7065). */
const KINDS = {
  stun: (host: string) => `stun:${host}`,
  "turn-udp": (host: string) => `turn:${host}?transport=udp`,
  "turn-tcp": (host: string) => `turn:${host}?transport=tcp`,
  "turn-tls": (host: string) => `turns:${host}`,
} as const;
type Kind = keyof typeof KINDS;

/** Kind and host of an address that is written so. */
function partsOf(url: string): [Kind, string] {
  const [, scheme = "", host = "", transport = ""] = /^(\w+):([^?]*)(?:\?transport=(\w+))?$/.exec(url) ?? [];
  if (scheme === "turns") return ["turn-tls", host];
  if (scheme === "turn") return [transport === "tcp" ? "turn-tcp" : "turn-udp", host];
  return ["stun", host];
}

/** Whether both are the same password of a server. */
const isSame = (one: SecretKey, other: SecretKey) =>
  one.secret === "turn-credential" &&
  other.secret === "turn-credential" &&
  one.account === other.account &&
  one.url === other.url &&
  one.username === other.username;

interface Props {
  account: WithIce;
  /** Which of its servers is changed; null for another one. */
  at: number | null;
  onClose: () => void;
}

/** A STUN or TURN server of an account. */
export function ServerForm({ account, at, onClose }: Props) {
  const { bridge } = useDoing();
  const { settings, view, reset } = useEditing();
  const keep = useKeeping();
  const known = account.provider.ice_servers ?? [];
  const before = at === null ? null : (known[at] ?? null);
  const [firstKind, firstHost] = before ? partsOf(before.url) : (["stun", ""] as const);
  const [kind, setKind] = useState<Kind>(firstKind);
  const [host, setHost] = useState(firstHost);
  const [username, setUsername] = useState(before?.username ?? "");
  const [credential, setCredential] = useState("");
  const [message, setMessage] = useState("");
  const relays = kind !== "stun";
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("select")?.focus(), []);

  const url = KINDS[kind](host.trim());
  useFocusAfter(
    form,
    `[data-server="${CSS.escape(url)}"] .edit, .add-server[data-account="${CSS.escape(account.id)}"]`,
  );
  const key = { secret: "turn-credential" as const, account: account.id, url, username };

  const kept = view.secrets.find(({ key: of }) => isSame(of, key))?.kept ?? "nowhere";

  const save = async () => {
    const server = { url, username: relays ? username : "" };
    const ice_servers = at === null ? [...known, server] : known.map((other, place) => (place === at ? server : other));
    const provider = { ...account.provider, ice_servers };
    const accounts = settings.accounts.map((other) => (other.id === account.id ? { ...other, provider } : other));
    try {
      const [found] = await bridge.saveSettings({ ...settings, accounts });
      if (found) {
        setMessage(faultWords(found.fault));
        return;
      }
      if (relays && credential) await keep(key, credential);
      reset();
      onClose();
    } catch (thrown) {
      setMessage(refusalWords(thrown));
    }
  };
  return (
    <form
      ref={form}
      class="new-server"
      aria-label={before ? say("accounts.edit", { name: isolated(before.url) }) : say("network.add")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
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
          <TextField
            label={say("network.credential")}
            hint={before ? say(`kept.${kept}`) : undefined}
            secret
            value={credential}
            onText={setCredential}
          />
        </>
      )}
      {message && (
        <p class="problem" role="alert">
          {message}
        </p>
      )}
      <div class="row">
        <button type="submit" class="primary" disabled={!host.trim()}>
          {say(before ? "app.save" : "app.add")}
        </button>
        <button type="button" onClick={onClose}>
          {say("app.cancel")}
        </button>
      </div>
    </form>
  );
}

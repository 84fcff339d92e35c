import { Fragment } from "preact";
import { useState } from "preact/hooks";
import type { AccountView, OfflineCause, Snapshot } from "../bridge/types";
import { isolated, say } from "../words/words";
import { useDoing } from "./doing";
import { refusalWords } from "./refusals";
import { Sheet } from "./Sheet";
import { isEnded } from "./texts";

type Keys = Extract<OfflineCause, { kind: "key-changed" }>;

/** The keys of an account whose server shows another one than it is known by. */
export function changedKey({ state }: Pick<AccountView, "state">): Keys | null {
  return state.state === "offline" && state.cause.kind === "key-changed" ? state.cause : null;
}

/** Stands over the window while a server has another key, until its user has decided. A call is not covered. */
export function KeyWarning({ snapshot }: { snapshot: Snapshot }) {
  // What was refused stays refused without a word, as long as it is the same key.
  const [refused, refuse] = useState<readonly string[]>([]);
  if (!snapshot.calls.every(isEnded)) return null;
  for (const account of snapshot.accounts) {
    const keys = changedKey(account);
    const mark = `${account.id} ${keys?.found}`;
    if (!keys || refused.includes(mark)) continue;
    return <KeyChanged key={mark} account={account.id} keys={keys} onRefuse={() => refuse([...refused, mark])} />;
  }
  return null;
}

interface Props {
  account: string;
  keys: Keys;
  onRefuse: () => void;
}

/** Both fingerprints, and what may be done. */
export function KeyChanged({ account, keys: { expected, found }, onRefuse }: Props) {
  const { bridge } = useDoing();
  const [trouble, tell] = useState("");
  const accept = () => bridge.acceptKey(account, found).catch((thrown) => tell(refusalWords(thrown)));
  return (
    <Sheet warns title={say("key.title", { name: isolated(account) })} onClose={onRefuse}>
      <p>{say("key.words")}</p>
      <dl class="keys">
        <dt>{say("key.expected")}</dt>
        <dd>
          <Fingerprint of={expected} />
        </dd>
        <dt>{say("key.found")}</dt>
        <dd>
          <Fingerprint of={found} />
        </dd>
      </dl>
      {trouble && (
        <p class="problem" role="alert">
          {say("app.failed", { message: trouble })}
        </p>
      )}
      <div class="row">
        <button type="button" class="primary" onClick={onRefuse}>
          {say("key.refuse")}
        </button>
        <button type="button" class="danger" onClick={() => void accept()}>
          {say("key.accept")}
        </button>
      </div>
    </Sheet>
  );
}

/** Pairs of digits, which stay together where a line ends. */
function Fingerprint({ of }: { of: string }) {
  const pairs = of.split(":");
  return (
    <code>
      {pairs.map((pair, at) => (
        <Fragment key={`${at} ${pair}`}>
          {at < pairs.length - 1 ? `${pair}:` : pair}
          <wbr />
        </Fragment>
      ))}
    </code>
  );
}

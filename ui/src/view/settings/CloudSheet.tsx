import { useEffect, useState } from "preact/hooks";
import type { CloudClient } from "../../bridge/types";
import { isolated, say, spokenLocale } from "../../words/words";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { refusalWords } from "../refusals";
import { Sheet } from "../Sheet";
import { SwitchField, TextField, wholeNumber } from "./fields";

interface Props {
  account: string;
  /** Who we are at the cloud. */
  client: string;
  /** Whether the account is registered by this phone. */
  registered: boolean;
  callable: string;
  onClose: () => void;
}

/** What the web services of Aculab Cloud do for an account: a token to order, and who is registered. */
export function CloudSheet({ account, client, registered, callable, onClose }: Props) {
  const { bridge, failed } = useDoing();
  const [order, setOrder] = useState({ lifetime_s: 3600, incoming: true, callable });
  const [clients, setClients] = useState<readonly CloudClient[] | null>(null);
  const [message, setMessage] = useState("");
  /** Shows that the cloud is being asked, then what comes of it. */
  const ask = async (answer: Promise<string>) => {
    setMessage(say("trial.running"));
    setMessage(await answer.catch(refusalWords));
  };
  const refresh = () =>
    ask(
      bridge.registeredClients(account).then((told) => {
        setClients(told);
        return "";
      }),
    );
  useEffect(() => void refresh(), []);
  const own = clients?.filter((other) => other.client === client) ?? [];
  return (
    <Sheet title={say("cloud.title", { name: isolated(account) })} onClose={onClose}>
      <p aria-live="polite">{message}</p>
      <form
        class="new-server"
        aria-label={say("cloud.get-token")}
        onSubmit={(event) => {
          event.preventDefault();
          void ask(bridge.orderToken(account, order).then(() => say("cloud.token-used")));
        }}
      >
        <p>
          {say("aculab.client-id")}: <bdi>{client}</bdi>
        </p>
        <TextField
          label={say("aculab.lifetime")}
          hint="600–86400"
          numeric
          value={String(order.lifetime_s)}
          onText={(text) => setOrder({ ...order, lifetime_s: wholeNumber(text) })}
        />
        <SwitchField
          label={say("aculab.accept-calls")}
          on={order.incoming}
          onSwitch={(incoming) => setOrder({ ...order, incoming })}
        />
        <TextField
          label={say("aculab.callable")}
          hint={say("aculab.callable-hint")}
          value={order.callable}
          onText={(text) => setOrder({ ...order, callable: text })}
        />
        <button type="submit" class="primary">
          {say("cloud.get-token")}
        </button>
      </form>
      <h3 class="part">{say("cloud.clients")}</h3>
      {own.length > (registered ? 1 : 0) && (
        <p class="problem" role="alert">
          {say("cloud.elsewhere", { name: isolated(client) })}
        </p>
      )}
      {clients?.length === 0 && <p class="empty">{say("cloud.nobody")}</p>}
      <ul class="servers registered" aria-label={say("cloud.clients")}>
        {clients?.map((other) => (
          <li key={other.client + other.last_modified}>
            <button
              type="button"
              class="quiet"
              aria-label={say("aculab.call-service", { name: isolated(other.client) })}
              onClick={() => {
                const target = `client:${other.client}`;
                bridge.send({ command: "dial", target, account, headers: [] }).then(onClose, failed);
              }}
            >
              <bdi>{other.client}</bdi>
            </button>
            <small>{`${local(other.last_modified)} – ${local(other.expires)}`}</small>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => void refresh()}>
        <Icon name="check" />
        {say("cloud.refresh")}
      </button>
    </Sheet>
  );
}

/** The cloud's time, as the clock on the wall has it. */
function local(text: string): string {
  const at = new Date(`${text.replace("_", "T")}Z`);
  return Number.isNaN(at.getTime()) ? text : at.toLocaleString(spokenLocale());
}

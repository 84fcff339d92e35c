import { useId, useState } from "preact/hooks";
import type { AssistantForward, AssistantState, ForwardWhen, LineDevice } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { type Assistant, statusTitle, useAssistant } from "../assistant";
import { Icon } from "../icons";
import { NumberInput } from "../NumberInput";
import { Sheet } from "../Sheet";
import { type Mailbox, mailboxWords, useVoicemail } from "../voicemail";

/** The telephones that a line may be on. */
const DEVICES: LineDevice[] = ["here", "desk-phone"];

interface Props {
  /** The voice mail of the account. */
  mailbox: Mailbox | null;
}

/** What the server does with the user's calls, in words, with a sheet to change it. */
export function Services({ mailbox }: Props) {
  const assistant = useAssistant();
  const [open, setOpen] = useState(false);
  if (!assistant) return null;
  const { account, state } = assistant.view;
  const title = say("services.title", { name: isolated(account) });
  const status = statusTitle(state);
  return (
    <>
      <button
        type="button"
        class="small"
        aria-haspopup="dialog"
        aria-label={status ? `${title}: ${status}` : title}
        title={status ? `${title}: ${status}` : title}
        onClick={() => setOpen(true)}
      >
        <Icon name="forward" />
      </button>
      <p class="services-words" role="status">
        {inForce(state).join(" · ")}
      </p>
      {open && (
        <Sheet title={title} onClose={() => setOpen(false)}>
          <ServicesForm assistant={assistant} mailbox={mailbox?.account === account ? mailbox : null} />
        </Sheet>
      )}
    </>
  );
}

/** What keeps calls from the user's telephones. */
function inForce({ do_not_disturb, forwards }: AssistantState): string[] {
  const on = forwards.filter((forward) => forward.on);
  const words = on.map(({ when, number }) => say(`forwarded.${when}`, { number: isolated(number) }));
  return do_not_disturb ? [say("services.dnd-on"), ...words] : words;
}

function ServicesForm({ assistant, mailbox }: { assistant: Assistant; mailbox: Mailbox | null }) {
  const { view, asking } = assistant;
  const { online, name, do_not_disturb, forwards, status, statuses, device } = view.state;
  const hear = useVoicemail();
  const nothing = online && do_not_disturb === null && forwards.length === 0 && statuses.length === 0;
  return (
    <div class="services">
      {name && (
        <p>
          <bdi>{name}</bdi>
        </p>
      )}
      <p class="hint" role="status">
        {!online ? say("assistant.offline") : nothing ? say("services.nothing") : ""}
      </p>
      {statuses.length > 0 && (
        <fieldset class="statuses" disabled={!online}>
          <legend>{say("services.status")}</legend>
          {statuses.map((one) => (
            <button
              key={one.name}
              type="button"
              aria-pressed={one.name === status}
              onClick={() => asking.ask({ request: "status", name: one.name })}
            >
              <span
                class="dot"
                style={one.colour ? { background: one.colour, borderColor: one.colour } : undefined}
                aria-hidden="true"
              />
              <bdi>{one.title || one.name}</bdi>
              {one.name === status && <Icon name="check" />}
            </button>
          ))}
        </fieldset>
      )}
      {device !== null && (
        <fieldset class="statuses" disabled={!online}>
          <legend>{say("services.device")}</legend>
          {DEVICES.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === device}
              onClick={() => asking.ask({ request: "device", device: one })}
            >
              {say(`line-device.${one}`)}
              {one === device && <Icon name="check" />}
            </button>
          ))}
        </fieldset>
      )}
      {do_not_disturb !== null && (
        <button
          type="button"
          class="switch"
          aria-pressed={do_not_disturb}
          disabled={!online}
          onClick={() => asking.ask({ request: "do-not-disturb", on: !do_not_disturb })}
        >
          <Icon name="moon" />
          <span>{say("services.dnd")}</span>
          <small>{say(do_not_disturb ? "services.on" : "services.off")}</small>
        </button>
      )}
      {forwards.map((forward) => (
        <Forward
          key={forward.when}
          forward={forward}
          online={online}
          onForward={(on, number) => asking.ask({ request: "forward", when: forward.when, on, number })}
        />
      ))}
      {mailbox?.number && (
        <button type="button" onClick={() => hear(mailbox)}>
          <Icon name="voicemail" />
          {mailboxWords(mailbox)}
        </button>
      )}
    </div>
  );
}

interface ForwardProps {
  forward: AssistantForward;
  online: boolean;
  onForward: (on: boolean, number: string) => void;
}

/** One forward: what is typed counts when it is asked for; what is shown is what the server says. */
function Forward({ forward, online, onForward }: ForwardProps) {
  const { when, on, number } = forward;
  const id = useId();
  const [typed, type] = useState<string | null>(null);
  const target = (typed ?? number).trim();
  const changed = target !== number;
  return (
    <form
      class="forward"
      aria-label={whenWords(when)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!target) return;
        onForward(true, target);
        type(null);
      }}
    >
      <label for={id}>{say("services.number", { when: whenWords(when) })}</label>
      <small class={on ? "on" : undefined}>{say(on ? "services.on" : "services.off")}</small>
      <NumberInput id={id} disabled={!online} value={typed ?? number} onText={type} />
      {(!on || changed) && (
        <button type="submit" class="primary" disabled={!online || !target}>
          {say("services.forward")}
        </button>
      )}
      {on && (
        <button type="button" disabled={!online} onClick={() => onForward(false, number)}>
          {say("services.stop")}
        </button>
      )}
    </form>
  );
}

const whenWords = (when: ForwardWhen) => say(`when.${when}`);

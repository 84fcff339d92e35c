import type { RefObject } from "preact";
import type { AccountId, CallId, Contact, LampView, Snapshot } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Avatar } from "./Avatar";
import { useAssistant } from "./assistant";
import { type Asked, Calls } from "./Calls";
import { Checklist } from "./Checklist";
import { Dialler } from "./Dialler";
import { useDoing } from "./doing";
import { useAnswer } from "./hooks";
import { Icon } from "./icons";
import { isEnded, isIncoming } from "./texts";
import { useVoicemail, voicemailOf } from "./voicemail";

interface Props {
  snapshot: Snapshot;
  now: number;
  from: AccountId | null;
  number: string;
  onNumber: (number: string) => void;
  field: RefObject<HTMLInputElement | null>;
  selected: CallId | null;
  onSelect: (call: CallId) => void;
  keypadOf: CallId | null;
  onKeypad: (call: CallId) => void;
  asked: Asked | null;
  onAsk: (asked: Asked | null) => void;
  /** Whether the dial pad is open although there is a call. */
  adding: boolean;
  onAdding: (adding: boolean) => void;
}

/** The phone itself: the calls, and where the next one is dialled. */
export function Phone(props: Props) {
  const { snapshot, now, adding, onAdding } = props;
  const { dial } = useDoing();
  const assistant = useAssistant();
  const inCall = snapshot.calls.some((call) => !isEnded(call) && !isIncoming(call));
  const dialling = !inCall || adding;
  const voicemail = voicemailOf(snapshot, props.from);
  const hear = useVoicemail();
  return (
    <section class={inCall ? "phone in-call" : "phone"} aria-label={say("app.phone")}>
      {snapshot.calls.length > 0 && (
        <Calls
          snapshot={snapshot}
          now={now}
          selected={props.selected}
          keypadOf={props.keypadOf}
          onKeypad={props.onKeypad}
          onSelect={props.onSelect}
          asked={props.asked}
          onAsk={props.onAsk}
        />
      )}
      {assistant && <assistant.views.Meetings assistants={snapshot.assistants} calls={snapshot.calls} />}
      {snapshot.calls.length === 0 && <Checklist snapshot={snapshot} />}
      {inCall && (
        <button type="button" class="add-call" aria-expanded={adding} onClick={() => onAdding(!adding)}>
          <Icon name={adding ? "down" : "add"} />
          {say(adding ? "dial.fold" : "call.add")}
        </button>
      )}
      {dialling && (
        <>
          <Favourites changes={snapshot.changes.contacts} lamps={snapshot.lamps} />
          <Dialler
            number={props.number}
            onNumber={props.onNumber}
            field={props.field}
            onDial={dial}
            onVoicemail={voicemail?.number ? () => hear(voicemail) : undefined}
          />
        </>
      )}
    </section>
  );
}

/** One key for each favourite; one with a lamp says what goes on there, and picks up the call that rings there. */
function Favourites({ changes, lamps }: { changes: number; lamps: LampView[] }) {
  const { bridge, dial, send, failed } = useDoing();
  const assistant = useAssistant();
  const favourites = useAnswer<Contact[]>(
    () => bridge.contacts({ text: "", favourites: true, limit: 12 }),
    String(changes),
    failed,
  );
  const keys = (favourites ?? []).flatMap((contact) => {
    const number = contact.numbers[0]?.number;
    const lamp = contact.lamp ? lamps.find((lamp) => lamp.number === number) : undefined;
    return number ? [{ id: contact.id, name: contact.name || number, number, lamp }] : [];
  });
  if (keys.length === 0 && !assistant) return null;
  return (
    <ul class="favourites" aria-label={say("dial.favourites")}>
      {keys.map(({ id, name, number, lamp }) => (
        <li key={id}>
          <button
            type="button"
            onClick={() => (lamp?.pick_up ? send({ command: "pick-up", number }) : dial(number))}
            title={say(lamp?.pick_up ? "lamp.pick-up" : "contacts.call", { number: isolated(number) })}
          >
            <Avatar name={name} />
            <span class="favourite-words">
              <bdi>{name}</bdi>
              {lamp && <Lamp lamp={lamp} />}
            </span>
          </button>
        </li>
      ))}
      {assistant && <assistant.views.FavouriteKeys />}
    </ul>
  );
}

function Lamp({ lamp: { state, pick_up } }: { lamp: LampView }) {
  return (
    <small class="lamp">
      <span class={`dot lamp-${state}`} aria-hidden="true" />
      {say(pick_up ? "lamp.ringing-here" : `lamp.${state}`)}
    </small>
  );
}

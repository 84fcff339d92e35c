import type { RefObject } from "preact";
import type { AccountId, CallId, Contact, Snapshot } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Avatar } from "./Avatar";
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
  onSettings: () => void;
}

/** The phone itself: the calls, and where the next one is dialled. */
export function Phone(props: Props) {
  const { snapshot, now, adding, onAdding } = props;
  const { dial } = useDoing();
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
      {snapshot.calls.length === 0 && <Checklist snapshot={snapshot} onSettings={props.onSettings} />}
      {inCall && (
        <button type="button" class="add-call" aria-expanded={adding} onClick={() => onAdding(!adding)}>
          <Icon name={adding ? "down" : "add"} />
          {say(adding ? "dial.fold" : "call.add")}
        </button>
      )}
      {dialling && (
        <>
          <Favourites changes={snapshot.changes.contacts} />
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

/** One key for each favourite. */
function Favourites({ changes }: { changes: number }) {
  const { bridge, dial, failed } = useDoing();
  const favourites = useAnswer<Contact[]>(
    () => bridge.contacts({ text: "", favourites: true, limit: 12 }),
    String(changes),
    failed,
  );
  const keys = (favourites ?? []).flatMap((contact) => {
    const number = contact.numbers[0]?.number;
    return number ? [{ id: contact.id, name: contact.name || number, number }] : [];
  });
  if (keys.length === 0) return null;
  return (
    <ul class="favourites" aria-label={say("dial.favourites")}>
      {keys.map(({ id, name, number }) => (
        <li key={id}>
          <button type="button" onClick={() => dial(number)} title={say("contacts.call", { number: isolated(number) })}>
            <Avatar name={name} />
            <bdi>{name}</bdi>
          </button>
        </li>
      ))}
    </ul>
  );
}

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { CallView, Snapshot } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Announcer } from "./Announcer";
import { Avatar } from "./Avatar";
import { useDoing } from "./doing";
import { Icon, type IconName } from "./icons";
import { callName, isIncoming, isTalking, remoteNumber, stateWords } from "./texts";

/** The state of the phone, for what stands over the page. */
export const SnapshotContext = createContext<Snapshot | null>(null);

interface Props {
  snapshot: Snapshot;
  /** Shows the calls; not where a dialog covers them. */
  onOpen?: () => void;
}

/** The calls that ring while something else covers them: who it is, and what is to be done at once. */
export function RingingStrip({ snapshot, onOpen }: Props) {
  const { calls, conference } = snapshot;
  const ringing = calls.filter(isIncoming);
  if (ringing.length === 0) return null;
  const busy = calls.some(isTalking) || (conference !== null && !conference.held);
  return (
    <ul class="ringing-strip" aria-label={say("call.calls")}>
      {ringing.map((call) => (
        <Ringing key={call.id} call={call} busy={busy} onOpen={onOpen} />
      ))}
    </ul>
  );
}

interface RingingProps {
  call: CallView;
  /** Whether another call is in conversation, which answering holds. */
  busy: boolean;
  onOpen: (() => void) | undefined;
}

function Ringing({ call, busy, onOpen }: RingingProps) {
  const { send } = useDoing();
  const name = callName(call);
  const words = (
    <>
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <small>
        {stateWords(call.state)} <bdi>{remoteNumber(call.remote, call.contact)}</bdi>
      </small>
    </>
  );
  const act = (icon: IconName, tone: "answer" | "end", words: string, run: () => void) => (
    <button
      type="button"
      class={`action ${tone}`}
      title={words}
      aria-label={`${words}: ${isolated(name)}`}
      // The second click of a double click is none of its own.
      onClick={(event) => {
        if (event.detail < 2) run();
      }}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <li>
      <Avatar name={name} rings={!call.silenced} />
      {onOpen ? (
        <button type="button" class="ringing-words" onClick={onOpen}>
          {words}
        </button>
      ) : (
        <span class="ringing-words">{words}</span>
      )}
      {act("phone", "answer", say(busy ? "call.hold-and-answer" : "call.answer"), () =>
        send({ command: "answer", call: call.id }),
      )}
      {act("phone-down", "end", say("call.decline"), () => send({ command: "decline", call: call.id }))}
    </li>
  );
}

/** In a dialog, which keeps the page behind it from hands and from screen readers: what becomes of calls meanwhile. */
export function OverDialog() {
  const snapshot = useContext(SnapshotContext);
  if (!snapshot) return null;
  return (
    <>
      <Announcer snapshot={snapshot} quietly />
      <RingingStrip snapshot={snapshot} />
    </>
  );
}

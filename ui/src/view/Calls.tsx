import { useState } from "preact/hooks";
import type { CallId, CallView, Snapshot } from "../bridge/types";
import { say } from "../words/words";
import { CallCard } from "./CallCard";
import { ConferenceCard } from "./ConferenceCard";
import { useDoing } from "./doing";
import { IncomingCard } from "./IncomingCard";
import { Icon } from "./icons";
import { TransferSheet } from "./Transfer";
import { isEnded, isEstablished, isHeld, isIncoming, isTalking } from "./texts";

interface Props {
  snapshot: Snapshot;
  now: number;
  selected: CallId | null;
  keypadOf: CallId | null;
  onKeypad: (call: CallId) => void;
  onSelect: (call: CallId) => void;
}

/** All calls: ringing, in conversation, held; between the last two, what joins or swaps them. */
export function Calls({ snapshot, now, selected, keypadOf, onKeypad, onSelect }: Props) {
  const { calls, conference } = snapshot;
  const [transferring, setTransferring] = useState<CallId | null>(null);
  const canTransfer = (call: CallView) => snapshot.accounts.some(({ id, can }) => id === call.account && can.transfer);
  const showAccount = snapshot.accounts.length > 1;
  const members = conference?.members ?? [];
  const single = calls.filter((call) => !isIncoming(call) && !members.includes(call.id));
  const busy = calls.some(isTalking) || (conference !== null && !conference.held);
  const card = (call: CallView) => (
    <CallCard
      key={call.id}
      call={call}
      now={now}
      showAccount={showAccount}
      selected={call.id === selected}
      keypad={call.id === keypadOf}
      onKeypad={() => onKeypad(call.id)}
      onTransfer={canTransfer(call) ? () => setTransferring(call.id) : undefined}
      onSelect={() => onSelect(call.id)}
    />
  );
  const moved = calls.find(({ id }) => id === transferring);
  return (
    <>
      <ul class="calls" aria-label={say("call.calls")}>
        {calls.filter(isIncoming).map((call) => (
          <IncomingCard key={call.id} call={call} now={now} showAccount={showAccount} busy={busy} />
        ))}
        {conference && <ConferenceCard conference={conference} calls={calls} now={now} />}
        {single.filter((call) => !isHeld(call)).map(card)}
        <Between snapshot={snapshot} single={single} onSelect={onSelect} />
        {single.filter(isHeld).map(card)}
      </ul>
      {moved && !isEnded(moved) && <TransferSheet call={moved} others={calls} onClose={() => setTransferring(null)} />}
    </>
  );
}

function Between({
  snapshot,
  single,
  onSelect,
}: {
  snapshot: Snapshot;
  single: CallView[];
  onSelect: Props["onSelect"];
}) {
  const { send } = useDoing();
  const joinable = mergeable(snapshot);
  const held = single.filter(isHeld);
  const swapTo = held.length === 1 && single.some(isTalking) ? held[0] : undefined;
  if (joinable.length < 2 && !swapTo) return null;
  return (
    <li class="between">
      {joinable.length > 1 && (
        <button type="button" onClick={() => send({ command: "merge", calls: joinable })}>
          <Icon name="merge" />
          {say("call.merge")}
        </button>
      )}
      {swapTo && (
        <button
          type="button"
          onClick={() => {
            onSelect(swapTo.id);
            send({ command: "resume", call: swapTo.id });
          }}
        >
          <Icon name="swap" />
          {say("call.swap")}
        </button>
      )}
    </li>
  );
}

/** The calls that one press of Merge brings together: those answered, and the conference's own when it grows. */
export function mergeable(snapshot: Snapshot): CallId[] {
  const members = snapshot.conference?.members ?? [];
  const outside = snapshot.calls.filter((call) => isEstablished(call) && !members.includes(call.id));
  return outside.length === 0 ? [] : [...members, ...outside.map((call) => call.id)];
}

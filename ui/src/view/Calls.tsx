import type { CallId, CallView, Snapshot } from "../bridge/types";
import { say } from "../words/words";
import { CallCard } from "./CallCard";
import { ConferenceCard } from "./ConferenceCard";
import { useDoing } from "./doing";
import { IncomingCard } from "./IncomingCard";
import { Icon } from "./icons";
import { canTransfer, RedirectSheet, TransferSheet } from "./Transfer";
import { isEnded, isEstablished, isHeld, isIncoming, isTalking } from "./texts";

/** For which call the person is asked where to. */
export interface Asked {
  what: "transfer" | "redirect";
  call: CallId;
}

interface Props {
  snapshot: Snapshot;
  now: number;
  selected: CallId | null;
  keypadOf: CallId | null;
  onKeypad: (call: CallId) => void;
  onSelect: (call: CallId) => void;
  asked: Asked | null;
  onAsk: (asked: Asked | null) => void;
}

/** All calls: ringing, in conversation, held; between the last two, what joins or swaps them. */
export function Calls({ snapshot, now, selected, keypadOf, onKeypad, onSelect, asked, onAsk }: Props) {
  const { calls, conference } = snapshot;
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
      onTransfer={canTransfer(snapshot, call) ? () => onAsk({ what: "transfer", call: call.id }) : undefined}
      onSelect={() => onSelect(call.id)}
    />
  );
  const moved = calls.find((call) => call.id === asked?.call && !isEnded(call));
  const close = () => onAsk(null);
  return (
    <>
      <ul class="calls" aria-label={say("call.calls")}>
        {calls.filter(isIncoming).map((call) => (
          <IncomingCard
            key={call.id}
            call={call}
            now={now}
            showAccount={showAccount}
            busy={busy}
            onRedirect={() => onAsk({ what: "redirect", call: call.id })}
          />
        ))}
        {conference && <ConferenceCard conference={conference} calls={calls} now={now} />}
        {single.filter((call) => !isHeld(call)).map(card)}
        <Between snapshot={snapshot} onSelect={onSelect} />
        {single.filter(isHeld).map(card)}
      </ul>
      {moved && asked?.what === "transfer" && !isIncoming(moved) && (
        <TransferSheet
          call={moved}
          others={calls}
          park={snapshot.accounts.find(({ id }) => id === moved.account)?.park_number ?? ""}
          onClose={close}
        />
      )}
      {moved && asked?.what === "redirect" && isIncoming(moved) && <RedirectSheet call={moved} onClose={close} />}
    </>
  );
}

function Between({ snapshot, onSelect }: { snapshot: Snapshot; onSelect: Props["onSelect"] }) {
  const { send } = useDoing();
  const joinable = mergeable(snapshot);
  const other = swapTo(snapshot);
  if (joinable.length < 2 && !other) return null;
  return (
    <li class="between">
      {joinable.length > 1 && (
        <button type="button" onClick={() => send({ command: "merge", calls: joinable })}>
          <Icon name="merge" />
          {say("call.merge")}
        </button>
      )}
      {other && (
        <button
          type="button"
          onClick={() => {
            onSelect(other.id);
            send({ command: "resume", call: other.id });
          }}
        >
          <Icon name="swap" />
          {say("call.swap")}
        </button>
      )}
    </li>
  );
}

/** The one held call that Swap takes back. */
export function swapTo({ calls, conference }: Snapshot): CallView | undefined {
  const single = calls.filter((call) => !conference?.members.includes(call.id));
  const held = single.filter(isHeld);
  return held.length === 1 && single.some(isTalking) ? held[0] : undefined;
}

/**
 * The calls that one press of Merge brings together: those answered, and the conference's own when it grows. A desk phone has a
 * conference of its own, of its two calls.
 */
export function mergeable(snapshot: Snapshot): CallId[] {
  const members = snapshot.conference?.members ?? [];
  const established = snapshot.calls.filter(isEstablished);
  const there = established.filter((call) => call.elsewhere);
  if (there.length === 2 && there.length === established.length) {
    return there.some(isHeld) ? there.map((call) => call.id) : [];
  }
  const outside = established.filter((call) => !call.elsewhere && !members.includes(call.id));
  return outside.length === 0 ? [] : [...members, ...outside.map((call) => call.id)];
}

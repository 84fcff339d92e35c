import { useState } from "preact/hooks";
import type { CallView, Snapshot, TransferTo } from "../bridge/types";
import { isolated, say } from "../words/words";
import { useDoing } from "./doing";
import { Sheet } from "./Sheet";
import { TargetField } from "./TargetField";
import { callName, isEstablished, transferState } from "./texts";

/** Whether the account of a call can transfer it. */
export function canTransfer(snapshot: Snapshot, call: CallView): boolean {
  return snapshot.accounts.some(({ id, can }) => id === call.account && can.transfer);
}

interface SheetProps {
  call: CallView;
  onClose: () => void;
}

/** Whom a call is transferred to: the far end of another call, where calls are parked, somebody dialled now or asked first. */
export function TransferSheet({ call, others, park, onClose }: SheetProps & { others: CallView[]; park: string }) {
  const { send } = useDoing();
  const [typed, type] = useState("");
  const target = typed.trim();
  const transfer = (to: TransferTo) => {
    send({ command: "transfer", call: call.id, to });
    onClose();
  };
  const established = others.filter((other) => other.id !== call.id && isEstablished(other));
  const answered = established.filter((other) => other.account === call.account);
  // A server cannot name a call of another server in its own: what joins the two is a conference.
  const elsewhere = answered.length < established.length;
  return (
    <Sheet writes title={say("transfer.title", { name: isolated(callName(call)) })} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (target) transfer({ to: "blind", target });
        }}
      >
        {answered.map((other) => (
          <button key={other.id} type="button" onClick={() => transfer({ to: "call", call: other.id })}>
            {say("transfer.to-call", { name: isolated(callName(other)) })}
          </button>
        ))}
        {elsewhere && <p class="hint">{say("transfer.other-account")}</p>}
        {park && (
          <button type="button" onClick={() => transfer({ to: "blind", target: park })}>
            {say("transfer.park", { number: isolated(park) })}
          </button>
        )}
        <TargetField value={typed} account={call.account} onTarget={type} />
        <div class="row">
          <button type="submit" class="primary" disabled={!target}>
            {say("transfer.now")}
          </button>
          <button type="button" disabled={!target} onClick={() => transfer({ to: "consult", target })}>
            {say("transfer.talk-first")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

/** Where the caller of a ringing call is told to try. */
export function RedirectSheet({ call, onClose }: SheetProps) {
  const { send } = useDoing();
  const [typed, type] = useState("");
  const target = typed.trim();
  return (
    <Sheet writes title={say("redirect.title", { name: isolated(callName(call)) })} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!target) return;
          send({ command: "redirect", call: call.id, target });
          onClose();
        }}
      >
        <p class="hint">{say("redirect.hint")}</p>
        <TargetField value={typed} account={call.account} onTarget={type} />
        <div class="row">
          <button type="submit" class="primary" disabled={!target}>
            {say("call.redirect")}
          </button>
          <button type="button" onClick={onClose}>
            {say("app.cancel")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

/** How the transfer of a call is getting on, and what can be done about it. */
export function TransferStatus({ call }: { call: CallView }) {
  const { send } = useDoing();
  const { transfer } = call;
  if (!transfer) return null;
  const answer = (allow: boolean) => send({ command: "allow-transfer", call: call.id, allow });
  switch (transfer.step) {
    case "asked":
      return (
        <div class="question transfer" role="alertdialog" aria-label={say("call.transfer")}>
          <p>{transferState(call)}</p>
          <button type="button" class="primary" onClick={() => answer(true)}>
            {say("transfer.allow")}
          </button>
          <button type="button" onClick={() => answer(false)}>
            {say("transfer.refuse")}
          </button>
        </div>
      );
    case "consulting":
      return (
        <div class="row transfer">
          <button type="button" class="primary" onClick={() => send({ command: "complete-transfer", call: call.id })}>
            {say("transfer.complete")}
          </button>
          <button type="button" onClick={() => send({ command: "cancel-transfer", call: call.id })}>
            {say("transfer.cancel")}
          </button>
        </div>
      );
    case "moving":
      return <p class="hint transfer">{transferState(call)}</p>;
    case "failed":
      return <p class="problem transfer">{transferState(call)}</p>;
  }
}

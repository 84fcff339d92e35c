import type { CallView } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Action, CallTitle } from "./CallCard";
import { useDoing } from "./doing";
import { callName, stateWords } from "./texts";

interface Props {
  call: CallView;
  now: number;
  showAccount: boolean;
  /** Whether another call is in conversation, which answering holds. */
  busy: boolean;
  onRedirect: () => void;
}

/** A call that rings here. */
export function IncomingCard({ call, now, showAccount, busy, onRedirect }: Props) {
  const { send } = useDoing();
  return (
    <li
      class="card call incoming"
      aria-label={say("call.with", { name: isolated(callName(call)), state: stateWords(call.state) })}
    >
      <CallTitle call={call} now={now} showAccount={showAccount} />
      {call.answers_itself_ms !== null && <AnswersItself call={call.id} ms={call.answers_itself_ms - now} />}
      <div class="actions first">
        <Action
          icon="phone"
          tone="answer"
          words={busy ? "call.hold-and-answer" : "call.answer"}
          onClick={() => send({ command: "answer", call: call.id })}
        />
        <Action
          icon="phone-down"
          tone="end"
          words="call.decline"
          onClick={() => send({ command: "decline", call: call.id })}
        />
      </div>
      <div class="actions">
        {busy && (
          <Action
            icon="phone"
            words="call.end-and-answer"
            onClick={() => send({ command: "end-and-answer", call: call.id })}
          />
        )}
        <Action
          icon="silence"
          words={call.silenced ? "call.silenced" : "call.silence"}
          pressed={call.silenced}
          onClick={() => send({ command: "silence", call: call.id })}
        />
        <Action icon="outgoing" words="call.redirect" onClick={onRedirect} />
      </div>
    </li>
  );
}

/** That the phone is about to answer, and the way to keep it from that. */
function AnswersItself({ call, ms }: { call: number; ms: number }) {
  const { send } = useDoing();
  const count = Math.max(0, Math.ceil(ms / 1000));
  return (
    <div class="answers-itself" role="status">
      <span aria-hidden="true">{say("call.answers-itself", { count })}</span>
      <span class="unseen">{say("call.will-answer-itself")}</span>
      <Action icon="close" words="call.veto" onClick={() => send({ command: "veto", call })} />
    </div>
  );
}

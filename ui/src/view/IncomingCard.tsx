import type { CallView } from "../bridge/types";
import { continued, isolated, say } from "../words/words";
import { Action } from "./Action";
import { AnswersItself } from "./AnswersItself";
import { CallTitle, SentAlong } from "./CallCard";
import { closing, DeclineReasons, ReasonsToggle, useReasons } from "./DeclineReasons";
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
  const reasons = useReasons();
  return (
    <li
      class="card call incoming"
      aria-label={say("call.with", { name: isolated(callName(call)), state: continued(stateWords(call.state)) })}
      onKeyDown={closing(reasons)}
    >
      <CallTitle call={call} now={now} showAccount={showAccount} />
      {call.answers_itself_ms !== null && (
        <AnswersItself ms={call.answers_itself_ms - now} onVeto={() => send({ command: "veto", call: call.id })} />
      )}
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
        <ReasonsToggle reasons={reasons} />
      </div>
      {reasons.open && (
        <div class="actions reasons">
          <DeclineReasons onDecline={(code) => send({ command: "decline", call: call.id, code })} />
        </div>
      )}
      {(busy || !call.elsewhere) && (
        <div class="actions">
          {busy && (
            <Action
              icon="phone"
              words="call.end-and-answer"
              onClick={() => send({ command: "end-and-answer", call: call.id })}
            />
          )}
          {!call.elsewhere && (
            <>
              <Action
                icon="silence"
                words={call.silenced ? "call.silenced" : "call.silence"}
                done={call.silenced}
                onClick={() => send({ command: "silence", call: call.id })}
              />
              <Action icon="outgoing" words="call.redirect" onClick={onRedirect} />
            </>
          )}
        </div>
      )}
      <SentAlong headers={call.headers} />
    </li>
  );
}

import { useState } from "preact/hooks";
import type { CallView, XHeaders } from "../bridge/types";
import { about, continued, isolated, type Key, say } from "../words/words";
import { Action } from "./Action";
import { Avatar } from "./Avatar";
import { Dialpad } from "./Dialpad";
import { useDoing } from "./doing";
import { Icon } from "./icons";
import { Level } from "./Level";
import { levelsOf } from "./levels";
import { TransferStatus } from "./Transfer";
import {
  callerWords,
  callName,
  duration,
  isEnded,
  isHeld,
  isIncoming,
  isTalking,
  pathOf,
  quality,
  remoteName,
  remoteNumber,
  stateWords,
  troubleAdvice,
} from "./texts";

interface Props {
  call: CallView;
  /** The phone's clock now, ms. */
  now: number;
  /** Whether there is more than one account, so that it matters on which the call is. */
  showAccount: boolean;
  /** Whether keys of the keyboard go to this call. */
  selected: boolean;
  keypad: boolean;
  onKeypad: () => void;
  onTransfer?: (() => void) | undefined;
  onSelect: () => void;
}

/** One call that is not ringing here. A held one is small: it waits. */
export function CallCard({ call, now, showAccount, selected, keypad, onKeypad, onTransfer, onSelect }: Props) {
  const held = isHeld(call);
  return (
    <li
      class={`card call ${held ? "held" : call.state.state}`}
      aria-label={say("call.with", { name: isolated(callName(call)), state: continued(stateWords(call.state)) })}
      aria-current={selected && !held}
    >
      <CallTitle call={call} now={now} showAccount={showAccount} />
      {isTalking(call) && (call.elsewhere ? <p class="hint">{say("call.elsewhere")}</p> : <Sound call={call} />)}
      {!held && <TransferStatus call={call} />}
      {!isEnded(call) && (
        <div class="actions">
          {held && <ResumeAction call={call} onSelect={onSelect} />}
          {isTalking(call) && (
            <TalkingActions call={call} keypad={keypad} onKeypad={onKeypad} onTransfer={onTransfer} />
          )}
          <HangUpAction call={call} />
        </div>
      )}
      {/* The buttons of a held call stand beside its name. */}
      {held && <TransferStatus call={call} />}
      {keypad && isTalking(call) && <CallKeypad call={call} />}
      {!held && <SentAlong headers={call.headers} />}
    </li>
  );
}

function TalkingActions({
  call,
  keypad,
  onKeypad,
  onTransfer,
}: Pick<Props, "call" | "keypad" | "onKeypad" | "onTransfer">) {
  const { send } = useDoing();
  return (
    <>
      {!call.elsewhere && (
        <Action
          icon={call.muted ? "microphone-off" : "microphone"}
          words="call.mute"
          pressed={call.muted}
          onClick={() => send({ command: "mute", call: call.id, muted: !call.muted })}
        />
      )}
      <Action icon="pause" words="call.hold" onClick={() => send({ command: "hold", call: call.id })} />
      <Action icon="keypad" words="call.keypad" pressed={keypad} onClick={onKeypad} />
      {onTransfer && <Action icon="transfer" words="call.transfer" onClick={onTransfer} />}
      {!call.elsewhere && (
        <Action
          icon="record"
          words="call.record"
          pressed={call.recording}
          onClick={() => send({ command: "record", call: call.id, on: !call.recording })}
        />
      )}
    </>
  );
}

function ResumeAction({ call, onSelect }: Pick<Props, "call" | "onSelect">) {
  const { send } = useDoing();
  const resume = () => {
    onSelect();
    send({ command: "resume", call: call.id });
  };
  return <Action icon="play" words="call.resume" onClick={resume} />;
}

function HangUpAction({ call }: { call: CallView }) {
  const { send } = useDoing();
  const hangUp = () => send({ command: "hang-up", call: call.id });
  return <Action icon="phone-down" words="call.hang-up" tone="end" onClick={hangUp} />;
}

/** Name, number, state and timer of a call. */
export function CallTitle({ call, now, showAccount }: { call: CallView; now: number; showAccount: boolean }) {
  const number = remoteNumber(call.remote, call.contact);
  const since = call.answered_ms ?? call.since_ms;
  return (
    <header class="call-title">
      <Avatar name={callName(call)} rings={isIncoming(call)} />
      <strong class="call-name">
        <bdi>{callName(call)}</bdi>
      </strong>
      {!isEnded(call) && <Timer ms={now - since} />}
      {(number || showAccount || call.diverted_by || callerWords(call)) && (
        <span class="call-details">
          <bdi>{number}</bdi> {callerWords(call)} {showAccount && say("call.on", { account: isolated(call.account) })}{" "}
          {call.diverted_by && say("call.diverted-by", { name: isolated(remoteName(call.diverted_by, null)) })}
        </span>
      )}
      <span class="call-state">
        {stateWords(call.state)}
        {call.muted && <Mark words="call.muted" tone="warn" />}
        {call.recording && <Mark words="call.recording" tone="live" />}
        {call.elsewhere && <Mark words="call.desk-phone" tone="plain" />}
        {call.auto_answered && <Mark words="call.auto-answered" tone="plain" />}
      </span>
    </header>
  );
}

/** What the other side's application sent along with its call or its answer. Nothing of it is ours. */
export function SentAlong({ headers }: { headers: XHeaders }) {
  if (headers.length === 0) return null;
  return (
    <details class="more sent-along">
      <summary>{say("call.sent-along", { count: headers.length })}</summary>
      <dl>
        {headers.map(([name, value], at) => (
          <div key={at}>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Timer({ ms }: { ms: number }) {
  return (
    <span class="timer" role="timer" aria-label={say("call.duration")}>
      {duration(ms)}
    </span>
  );
}

function Mark({ words, tone }: { words: Key; tone: "warn" | "live" | "plain" }) {
  return <span class={`mark ${tone}`}>{say(words)}</span>;
}

function Sound({ call }: { call: CallView }) {
  const { level, cause } = quality(call.media);
  const advice = troubleAdvice(call.media);
  return (
    <div class="sound">
      <div class="sound-level">
        <Icon name="speaker" />
        <Level label={say("call.level-in")} of="calls" pick={(levels) => levelsOf(levels, call.id)?.in_dbfs} />
      </div>
      <div class="sound-level">
        <Icon name={call.muted ? "microphone-off" : "microphone"} />
        <Level label={say("call.level-out")} of="calls" pick={(levels) => levelsOf(levels, call.id)?.out_dbfs} />
      </div>
      <span class={`quality ${level}`} title={pathOf(call.media)}>
        {cause ? about(say(`quality.${level}`), cause) : say(`quality.${level}`)}
      </span>
      {advice && <small class="advice">{advice}</small>}
    </div>
  );
}

const DIGIT_WAYS = { rfc4733: "call.digits-rfc4733", info: "call.digits-info" } as const;

/** The keypad of a call: each key is a tone as long as it is held. */
function CallKeypad({ call }: { call: CallView }) {
  const { send } = useDoing();
  const [sent, setSent] = useState("");
  const press = (digit: string) => {
    setSent((digits) => (digits + digit).slice(-24));
    send({ command: "press-key", call: call.id, digit });
  };
  const way = call.dtmf && call.dtmf in DIGIT_WAYS ? DIGIT_WAYS[call.dtmf as keyof typeof DIGIT_WAYS] : null;
  return (
    <div class="call-keypad">
      <output class="digits" aria-label={say("call.digits-sent", { digits: sent })}>
        {sent}
      </output>
      <Dialpad
        extra
        label={say("call.keypad")}
        onPress={press}
        onRelease={() => send({ command: "release-key", call: call.id })}
      />
      {!call.elsewhere && <p class="hint">{say(way ?? "call.digits-none")}</p>}
    </div>
  );
}

import { useState } from "preact/hooks";
import type { IncomingAction, IncomingBridge } from "../bridge/bridge";
import type { CallView } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Action } from "./Action";
import { AnswersItself } from "./AnswersItself";
import { Avatar } from "./Avatar";
import { closing, DeclineReasons, ReasonsToggle, useReasons } from "./DeclineReasons";
import { useNow, useSnapshot, useWear } from "./hooks";
import { refusalWords } from "./refusals";
import { callerWords, isIncoming, isTalking, remoteName, remoteNumber } from "./texts";

/** How the window shall look; it may not ask for the settings, so its address says. */
export interface Look {
  language: string;
  theme: string;
}

/** Reads what the address of the page says. */
export function lookOf(search: string): Look {
  const asked = new URLSearchParams(search);
  return { language: asked.get("language") ?? "", theme: asked.get("theme") ?? "system" };
}

/** The window of a ringing call. No button has the focus, so that no key typed for
 * another program answers by chance; who wants to use keys tabs to a button. */
export function Incoming({ bridge, look }: { bridge: IncomingBridge; look: Look }) {
  useWear(look.language, look.theme);
  const snapshot = useSnapshot(bridge);
  const calls = snapshot?.calls.filter(isIncoming) ?? [];
  const now = useNow(
    snapshot,
    calls.some(({ answers_itself_ms }) => answers_itself_ms !== null),
  );
  const conference = snapshot?.conference;
  const busy = snapshot?.calls.some(isTalking) || (conference && !conference.held) || false;
  return (
    <main class="incoming-window">
      {calls.map((call) => (
        <Ringing key={call.id} call={call} now={now} busy={busy} bridge={bridge} />
      ))}
    </main>
  );
}

interface RingingProps {
  call: CallView;
  /** The phone's clock, in ms. */
  now: number;
  busy: boolean;
  bridge: IncomingBridge;
}

function Ringing({ call, now, busy, bridge }: RingingProps) {
  const [trouble, setTrouble] = useState("");
  const reasons = useReasons();
  const act = (action: IncomingAction) => {
    setTrouble("");
    bridge.act(call.id, action).catch((thrown) => setTrouble(say("app.failed", { message: refusalWords(thrown) })));
  };
  const name = remoteName(call.remote, call.contact);
  // A call that is about to be answered leaves no time to say where to.
  const sends = !call.elsewhere && call.answers_itself_ms === null;
  return (
    <section
      class="ringing"
      role="alertdialog"
      aria-label={`${say("call.incoming")}: ${isolated(name)}`}
      onKeyDown={closing(reasons)}
    >
      <Avatar name={name} rings={!call.silenced} />
      {trouble ? (
        <small class="problem" role="alert">
          {trouble}
        </small>
      ) : call.answers_itself_ms !== null ? (
        <AnswersItself ms={call.answers_itself_ms - now} onVeto={() => act("veto")} />
      ) : (
        <small>{`${say("call.incoming")} ${say("call.on", { account: isolated(call.account) })}`}</small>
      )}
      <strong class="call-name">
        <bdi>{name}</bdi>
      </strong>
      <span class="call-number">
        <bdi>{remoteNumber(call.remote, call.contact)}</bdi> {callerWords(call)}{" "}
        {call.diverted_by && say("call.diverted-by", { name: isolated(remoteName(call.diverted_by, null)) })}
      </span>
      <div class={reasons.open ? "actions reasons" : busy ? "actions beside" : "actions"}>
        {!reasons.open && (
          <>
            <Action
              icon="phone"
              tone="answer"
              words={busy ? "call.hold-and-answer" : "call.answer"}
              onClick={() => act(busy ? "hold-and-answer" : "answer")}
            />
            {busy && <Action icon="phone" words="call.end-and-answer" onClick={() => act("end-and-answer")} />}
            {!busy && !call.elsewhere && (
              <Action
                icon="silence"
                words={call.silenced ? "call.silenced" : "call.silence"}
                done={call.silenced}
                onClick={() => act("silence")}
              />
            )}
            <Action icon="phone-down" tone="end" words="call.decline" onClick={() => act("decline")} />
          </>
        )}
        <ReasonsToggle reasons={reasons} words={sends ? "call.say-why-or-redirect" : "call.say-why"} />
        {reasons.open && <DeclineReasons onDecline={(code) => act({ "decline-with": code })} />}
        {reasons.open && sends && (
          <button type="button" class="action redirect" onClick={() => act("redirect")}>
            {say("call.redirect-to")}
          </button>
        )}
      </div>
    </section>
  );
}

import type { CallView, KioskAction } from "../../bridge/types";
import { say } from "../../words/words";
import { callName, duration, stateWords } from "../texts";

interface Props {
  call: CallView;
  canAnswer: boolean;
  now: number;
  act: (action: KioskAction) => void;
}

/** The screen of a call. */
export function KioskCall({ call: view, canAnswer, now, act }: Props) {
  const call = view.id;
  const talks = view.state.state === "established";
  const itself = view.answers_itself_ms;
  return (
    <section class="kiosk-call">
      <h1>
        <bdi>{callName(view)}</bdi>
      </h1>
      <p role="status">{itself === null ? stateWords(view.state) : say("call.will-answer-itself")}</p>
      {itself !== null && (
        <p aria-hidden="true">{say("call.answers-itself", { count: Math.max(0, Math.ceil((itself - now) / 1000)) })}</p>
      )}
      {view.answered_ms !== null && <p class="kiosk-timer">{duration(now - view.answered_ms)}</p>}
      <div class="kiosk-buttons">
        {canAnswer && (
          <button type="button" class="answer" onClick={() => act({ action: "answer", call })}>
            {say("call.answer")}
          </button>
        )}
        {talks && (
          <button
            type="button"
            aria-pressed={!view.muted}
            onClick={() => act({ action: "microphone", call, on: view.muted })}
          >
            {say(view.muted ? "kiosk.open" : "kiosk.close")}
          </button>
        )}
        <button type="button" class="end" onClick={() => act({ action: "end", call })}>
          {say("kiosk.end")}
        </button>
      </div>
    </section>
  );
}

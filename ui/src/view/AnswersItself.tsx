import { say } from "../words/words";
import { Action } from "./Action";

interface Props {
  /** How long until then, in ms. */
  ms: number;
  onVeto: () => void;
}

/** That the phone is about to answer, and the way to keep it from that. */
export function AnswersItself({ ms, onVeto }: Props) {
  const count = Math.max(0, Math.ceil(ms / 1000));
  return (
    <div class="answers-itself" role="status">
      <span aria-hidden="true">{say("call.answers-itself", { count })}</span>
      <span class="unseen">{say("call.will-answer-itself")}</span>
      <Action icon="close" words="call.veto" onClick={onVeto} />
    </div>
  );
}

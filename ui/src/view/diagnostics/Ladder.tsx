import type { LadderRow } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { useAnswer } from "../hooks";
import { useSaving } from "../saving";
import { factWords } from "./facts";

interface Props {
  call: number;
  /** Changes when there may be more to draw. */
  turn: string;
}

/** Who sent what, when: the phone on one side, its servers on the other, messages between them. */
export function Ladder({ call, turn }: Props) {
  const { bridge, failed } = useDoing();
  const save = useSaving();
  const rows = useAnswer<LadderRow[]>(() => bridge.ladder(call), `${call} ${turn}`, failed);
  if (!rows) return null;
  return (
    <>
      <h3>{say("stories.ladder")}</h3>
      <div class="ladder-ends" aria-hidden="true">
        <span>{say("stories.phone")}</span>
        <span>{say("stories.server")}</span>
      </div>
      <ol class="ladder" aria-label={say("stories.ladder")}>
        {rows.map((row, at) => (
          <Rung key={`${at} ${row.at_ms}`} row={row} />
        ))}
      </ol>
      <div class="row">
        <button type="button" onClick={() => save({ what: "ladder-svg", call })}>
          {say("stories.save-svg")}
        </button>
        <button type="button" onClick={() => save({ what: "ladder-text", call })}>
          {say("stories.save-text")}
        </button>
      </div>
    </>
  );
}

function Rung({ row: { at_ms, account, fact } }: { row: LadderRow }) {
  const ms = <span class="ms">{say("trial.ms", { ms: at_ms })}</span>;
  if (fact.code !== "message") {
    return (
      <li class="mark-row">
        {ms}
        <span>
          {account && `${isolated(account)}: `}
          <bdi>{factWords(fact)}</bdi>
        </span>
      </li>
    );
  }
  return (
    <li class={fact.sent ? "message sent" : "message received"}>
      {ms}
      <span>
        <span class="unseen">{say(fact.sent ? "fact.sent" : "fact.received")} </span>
        <bdi>{fact.title}</bdi>
        <small>
          <bdi>{account}</bdi>
        </small>
      </span>
      <span class="arrow" aria-hidden="true" />
    </li>
  );
}

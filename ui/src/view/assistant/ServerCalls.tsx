import type { AssistantCall } from "../../bridge/types";
import { type Key, say } from "../../words/words";
import { useAssistant, useDrawn } from "../assistant";
import { useDoing } from "../doing";
import { when } from "../History";
import { useAnswer } from "../hooks";
import { Icon, type IconName } from "../icons";
import { LongList, type Place } from "../LongList";
import { duration } from "../texts";
import { ListWords } from "./ListWords";

/** The calls that the server remembers, on whichever telephone they were, that have a text in their name or number. */
export function ServerCalls({ text }: { text: string }) {
  const { bridge, failed } = useDoing();
  const assistant = useAssistant();
  useDrawn("history", assistant?.asking);
  const account = assistant?.view.account;
  const calls = useAnswer<AssistantCall[]>(
    () => (account === undefined ? Promise.resolve([]) : bridge.assistantHistory(account)),
    `${assistant?.view.changes.history} ${account}`,
    failed,
  );
  const wanted = text.trim().toLowerCase();
  const shown = (calls ?? []).filter(({ name, number }) => `${name} ${number}`.toLowerCase().includes(wanted));
  return (
    <>
      <ListWords
        list={assistant?.view.state.history}
        count={shown.length}
        empty={wanted ? "history.no-match" : "history.empty"}
      />
      <LongList
        items={shown}
        whole
        label={say("assistant.calls")}
        onEnd={() => {}}
        row={(call, place) => <Entry key={place["aria-posinset"]} call={call} place={place} />}
      />
    </>
  );
}

function Entry({ call, place }: { call: AssistantCall; place: Place }) {
  const { dial } = useDoing();
  const account = useAssistant()?.view.account ?? null;
  const { number, outcome, direction, started, talked_s } = call;
  const missed = direction === "incoming" && outcome === "not-answered";
  const icon: IconName = missed ? "missed" : direction;
  const name = call.name || number || say("call.unknown");
  const words = (
    <>
      <Icon name={icon} />
      <span class="row-words">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <small>
          {call.name && number && (
            <>
              <bdi>{number}</bdi>
              {" · "}
            </>
          )}
          {say(outcomeKey(call))}
          {talked_s !== null && `, ${duration(talked_s * 1000)}`}
        </small>
      </span>
      <StartedAt text={started} />
    </>
  );
  return (
    <li class={missed ? "row-item missed" : "row-item"} {...place}>
      {number ? (
        <button type="button" class="row-main" onClick={() => dial(number, { account })}>
          <span class="unseen">{say("dial.call")} </span>
          {words}
        </button>
      ) : (
        <div class="row-main">{words}</div>
      )}
    </li>
  );
}

function outcomeKey({ direction, outcome }: AssistantCall): Key {
  switch (outcome) {
    case "ongoing":
      return "server-call.ongoing";
    case "answered":
      return `outcome.${direction}`;
    case "not-answered":
      return direction === "incoming" ? "outcome.missed" : "server-call.not-answered";
  }
}

/** The server's clock names no zone: it is taken for that of the wall. */
function StartedAt({ text }: { text: string }) {
  const at = new Date(text.replace(" ", "T"));
  if (Number.isNaN(at.getTime())) return <span class="row-time">{text}</span>;
  return (
    <time class="row-time" dateTime={at.toISOString()}>
      {when(at.getTime() / 1000)}
    </time>
  );
}

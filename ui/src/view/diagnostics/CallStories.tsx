import { useState } from "preact/hooks";
import type { CallStory, StoryStep } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { useAnswer } from "../hooks";
import { ChoiceField } from "../settings/fields";
import { adviceWords, factWords, findingWords } from "./facts";
import { Ladder } from "./Ladder";

/** The calls that are remembered, and the story of one of them. */
export function CallStories({ busy }: { busy: boolean }) {
  const { bridge, failed } = useDoing();
  const [turn, again] = useState(0);
  const [chosen, choose] = useState<number | null>(null);
  // Asked again when a call begins or ends, and on a press.
  const stories = useAnswer<CallStory[]>(() => bridge.callStories(), `${turn} ${busy}`, failed);
  const story = stories?.find(({ call }) => call === chosen) ?? stories?.at(-1);
  if (!stories) return <p class="empty">{say("diagnosis.running")}</p>;
  return (
    <>
      <p class="hint">{say("stories.hint")}</p>
      {story ? (
        <>
          <ChoiceField
            label={say("room.call")}
            value={String(story.call)}
            options={[...stories].reverse().map((other) => [String(other.call), titleOf(other)] as const)}
            onChoose={(call) => choose(Number(call))}
          />
          <Refresh onClick={() => again(turn + 1)} />
          <Findings story={story} />
          <h3>{say("stories.steps")}</h3>
          <Timeline steps={story.steps} />
          <Ladder call={story.call} turn={`${turn} ${story.steps.length}`} />
        </>
      ) : (
        <>
          <p class="empty">{say("stories.none")}</p>
          <Refresh onClick={() => again(turn + 1)} />
        </>
      )}
    </>
  );
}

export function Refresh({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" onClick={onClick}>
      {say("diagnosis.refresh")}
    </button>
  );
}

function titleOf(story: CallStory): string {
  return say(`stories.${story.direction}`, { number: story.call, account: isolated(story.account) });
}

function Findings({ story }: { story: CallStory }) {
  if (story.findings.length === 0) return <p class="verdict passed">{say("stories.well")}</p>;
  return (
    <>
      <h3>{say("stories.findings")}</h3>
      <ul class="findings" aria-label={say("stories.findings")}>
        {story.findings.map((finding) => (
          <li key={finding.code}>
            <strong>{findingWords(finding)}</strong>
            <p>{adviceWords(finding)}</p>
          </li>
        ))}
      </ul>
    </>
  );
}

function Timeline({ steps }: { steps: readonly StoryStep[] }) {
  return (
    <ol class="timeline" aria-label={say("stories.steps")}>
      {steps.map(({ at_ms, room, fact }, at) => (
        <li key={`${at} ${at_ms}`} class={room}>
          <span class="ms">{say("trial.ms", { ms: at_ms })}</span>
          <span class="room">{say(`room.${room}`)}</span>
          <span>
            {fact.code === "message" && `${say(fact.sent ? "fact.sent" : "fact.received")} `}
            <bdi>{factWords(fact)}</bdi>
          </span>
        </li>
      ))}
    </ol>
  );
}

import type { CallView, ConferenceView } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Action } from "./Action";
import { useDoing } from "./doing";
import { Icon } from "./icons";
import { Level } from "./Level";
import { levelsOf } from "./levels";
import { callName, duration, isTalking, remoteNumber, stateWords } from "./texts";

interface Props {
  conference: ConferenceView;
  calls: CallView[];
  now: number;
}

/** The conference with its members. */
export function ConferenceCard({ conference, calls, now }: Props) {
  const { send } = useDoing();
  const members = calls.filter((call) => conference.members.includes(call.id));
  const since = Math.min(...members.map((call) => call.answered_ms ?? call.since_ms));
  return (
    <li class="card conference" aria-label={say("conference.title")}>
      <header class="call-title">
        <strong class="call-name">{say("conference.title")}</strong>
        <span class="timer" role="timer" aria-label={say("call.duration")}>
          {duration(now - since)}
        </span>
        <span class="call-state">
          {say("conference.members", { count: members.length })}
          {conference.held && `, ${say("call.held")}`}
        </span>
      </header>
      <ul class="members">
        {members.map((call) => (
          <Member key={call.id} call={call} />
        ))}
      </ul>
      <div class="actions">
        <Action
          icon={conference.held ? "play" : "pause"}
          words={conference.held ? "conference.resume" : "conference.hold"}
          onClick={() => send({ command: conference.held ? "resume-conference" : "hold-conference" })}
        />
        <Action icon="split" words="conference.split" onClick={() => send({ command: "split" })} />
        <Action
          icon="phone-down"
          tone="end"
          words="conference.end"
          onClick={() => send({ command: "end-conference" })}
        />
      </div>
    </li>
  );
}

function Member({ call }: { call: CallView }) {
  const { send } = useDoing();
  const name = callName(call);
  const button = (
    icon: Parameters<typeof Icon>[0]["name"],
    words: string,
    pressed: boolean | undefined,
    run: () => void,
  ) => (
    <button
      type="button"
      class="small"
      aria-label={`${words}: ${isolated(name)}`}
      title={words}
      aria-pressed={pressed}
      onClick={run}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <li class="member">
      <span class="member-name">
        <bdi>{name}</bdi>
        <small>
          <bdi>{remoteNumber(call.remote, call.contact)}</bdi>{" "}
          {call.muted ? say("call.muted") : isTalking(call) ? "" : stateWords(call.state, true)}
        </small>
      </span>
      <Level label={say("call.level-in")} of="calls" pick={(levels) => levelsOf(levels, call.id)?.in_dbfs} />
      {button(call.muted ? "microphone-off" : "microphone", say("call.mute"), call.muted, () =>
        send({ command: "mute", call: call.id, muted: !call.muted }),
      )}
      {button("leave", say("conference.leave"), undefined, () => send({ command: "leave", call: call.id }))}
      {button("phone-down", say("call.hang-up"), undefined, () => send({ command: "hang-up", call: call.id }))}
    </li>
  );
}

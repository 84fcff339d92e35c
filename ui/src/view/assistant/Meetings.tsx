import { useState } from "preact/hooks";
import type {
  AccountId,
  AssistantMeeting,
  AssistantParticipant,
  AssistantView,
  CallView,
  RoomAct,
} from "../../bridge/types";
import { isolated, type Key, say } from "../../words/words";
import { useDoing } from "../doing";
import { useAnswer } from "../hooks";
import { Icon, type IconName } from "../icons";
import { isEstablished } from "../texts";
import { MeetingSheet } from "./MeetingSheet";

/** The conference rooms of servers that the user is in: who is there, who speaks, and what he may do about it. */
export function Meetings({ assistants, calls }: { assistants: AssistantView[]; calls: CallView[] }) {
  return (
    <>
      {assistants.map(({ account, changes }) => (
        <MeetingsOf
          key={account}
          account={account}
          changes={changes.meetings}
          another={calls.filter((call) => call.account === account && isEstablished(call)).length > 1}
        />
      ))}
    </>
  );
}

interface OfAccount {
  account: AccountId;
  changes: number;
  /** Whether there is another call than that with the room. */
  another: boolean;
}

function MeetingsOf({ account, changes, another }: OfAccount) {
  const { bridge, send, failed } = useDoing();
  const meetings = useAnswer<AssistantMeeting[]>(
    () => bridge.assistantMeetings(account),
    `${changes} ${account}`,
    failed,
  );
  return (
    <>
      {(meetings ?? []).map((meeting) => (
        <Meeting
          key={meeting.number}
          meeting={meeting}
          another={another}
          onAct={(act) =>
            send({ command: "assist", account, request: { request: "room", number: meeting.number, act } })
          }
        />
      ))}
    </>
  );
}

/** What a room does when it is asked; what came of it is told of the people in it. */
export type OnAct = (act: RoomAct) => void;

function Meeting({ meeting, another, onAct }: { meeting: AssistantMeeting; another: boolean; onAct: OnAct }) {
  const [open, setOpen] = useState(false);
  const name = isolated(meeting.name || meeting.number);
  const title = say("meeting.in", { name });
  return (
    <section class="card meeting" aria-label={title}>
      <header class="call-title">
        <strong class="call-name">{title}</strong>
        <span class="call-state">{say("conference.members", { count: meeting.participants.length })}</span>
        {meeting.organizer && (
          <button
            type="button"
            class="small"
            aria-haspopup="dialog"
            aria-label={say("meeting.organize", { name })}
            title={say("meeting.organize", { name })}
            onClick={() => setOpen(true)}
          >
            <Icon name="more" />
          </button>
        )}
      </header>
      <ul class="members" aria-label={say("meeting.who", { name })}>
        {meeting.participants.map((one) => (
          <Participant key={one.index} one={one} organizer={meeting.organizer} onAct={onAct} />
        ))}
      </ul>
      {open && <MeetingSheet name={name} another={another} onAct={onAct} onClose={() => setOpen(false)} />}
    </section>
  );
}

interface ParticipantProps {
  one: AssistantParticipant;
  /** Whether the user is an organizer. */
  organizer: boolean;
  onAct: OnAct;
}

/** Somebody in the room. What is shown of him is what the server says; everybody may mute himself. */
function Participant({ one, organizer, onAct }: ParticipantProps) {
  const { index, me, muted, deaf } = one;
  const name = one.name || one.number || say("call.unknown");
  const key = (icon: IconName, words: Key, pressed: boolean | undefined, act: RoomAct) => (
    <button
      type="button"
      class="small"
      aria-label={`${say(words)}: ${isolated(name)}`}
      title={say(words)}
      aria-pressed={pressed}
      onClick={() => onAct(act)}
    >
      <Icon name={icon} />
    </button>
  );
  const mute: RoomAct = me ? { act: muted ? "unmute-me" : "mute-me" } : { act: muted ? "unmute" : "mute", index };
  return (
    <li class={one.talking ? "member talking" : "member"}>
      <span class="member-name">
        <bdi>{name}</bdi>
        <small>
          {marksOf(one)
            .map((mark) => say(mark))
            .join(" · ")}
        </small>
      </span>
      {(me || organizer) && key(muted ? "microphone-off" : "microphone", "meeting.mute", muted, mute)}
      {!me && organizer && (
        <>
          {key("silence", "meeting.deafen", deaf, { act: deaf ? "undeafen" : "deafen", index })}
          {key("leave", "meeting.kick", undefined, { act: "kick", index })}
        </>
      )}
    </li>
  );
}

/** What there is to say about somebody, the most important first. */
function marksOf({ me, talking, muted, deaf, organizer }: AssistantParticipant): Key[] {
  const marks: [boolean, Key][] = [
    [me, "meeting.me"],
    [talking && !muted, "meeting.talking"],
    [muted, "meeting.muted"],
    [deaf, "meeting.deaf"],
    [organizer, "meeting.organizer"],
  ];
  return marks.filter(([is]) => is).map(([, words]) => words);
}

import type { AssistantRoom } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useAssistant, useDrawn } from "../assistant";
import { useDoing } from "../doing";
import { when } from "../History";
import { useAnswer } from "../hooks";
import { Icon } from "../icons";
import { LongList, type Place } from "../LongList";
import { ListWords } from "./ListWords";

/** The conference rooms of the server that have a text in their name or number. */
export function Rooms({ text }: { text: string }) {
  const { bridge, failed } = useDoing();
  const assistant = useAssistant();
  useDrawn("rooms", assistant?.asking);
  const account = assistant?.view.account;
  const rooms = useAnswer<AssistantRoom[]>(
    () => (account === undefined ? Promise.resolve([]) : bridge.assistantRooms(account)),
    `${assistant?.view.changes.rooms} ${account}`,
    failed,
  );
  const wanted = text.trim().toLowerCase();
  const shown = (rooms ?? []).filter(({ name, number }) => `${name} ${number}`.toLowerCase().includes(wanted));
  return (
    <>
      <ListWords
        list={assistant?.view.state.rooms}
        count={shown.length}
        empty={wanted ? "contacts.no-match" : "meeting.none"}
      />
      <LongList
        items={shown}
        whole
        label={say("assistant.rooms")}
        onEnd={() => {}}
        row={(room, place) => <Room key={room.number} room={room} place={place} />}
      />
    </>
  );
}

function Room({ room, place }: { room: AssistantRoom; place: Place }) {
  const { dial, tell } = useDoing();
  const account = useAssistant()?.view.account ?? null;
  const { number, members, pin, started_s } = room;
  const name = room.name || number;
  const enter = () => {
    dial(number, { account, keypad: pin });
    if (pin) tell(say("meeting.pin-hint"));
  };
  const marks = [
    members.length > 0 ? say("conference.members", { count: members.length }) : say("meeting.empty"),
    started_s !== null && say("meeting.since", { time: when(started_s) }),
    pin && say("meeting.pin"),
  ];
  return (
    <li class="row-item room" {...place}>
      <div class="row-main">
        <Icon name={pin ? "lock" : "merge"} />
        <span class="row-words">
          <strong>
            <bdi>{name}</bdi>
          </strong>
          <small>
            {room.name && (
              <>
                <bdi>{number}</bdi>
                {" · "}
              </>
            )}
            {marks.filter(Boolean).join(" · ")}
          </small>
          {members.length > 0 && (
            <ul class="members" aria-label={isolated(name)}>
              {members.map((member, at) => (
                <li key={`${at} ${member.number}`}>
                  <bdi>{member.name || member.number || say("call.unknown")}</bdi>
                  {member.muted && <small> {say("call.muted")}</small>}
                </li>
              ))}
            </ul>
          )}
        </span>
      </div>
      <button
        type="button"
        class="primary"
        aria-label={say("meeting.enter-named", { name: isolated(name) })}
        onClick={enter}
      >
        {say("meeting.enter")}
      </button>
    </li>
  );
}

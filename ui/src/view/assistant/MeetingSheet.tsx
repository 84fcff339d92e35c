import { useId, useState } from "preact/hooks";
import { type Key, say } from "../../words/words";
import { Icon, type IconName } from "../icons";
import { NumberInput } from "../NumberInput";
import { Sheet } from "../Sheet";
import type { OnAct } from "./Meetings";

/** Acts on the room as a whole. */
type WholeAct = "mute-all" | "unmute-all" | "reset";

interface Props {
  /** The room. */
  name: string;
  /** Whether the user has another call on that line. */
  another: boolean;
  onAct: OnAct;
  onClose: () => void;
}

/** What an organizer may do with a conference room as a whole. */
export function MeetingSheet({ name, another, onAct, onClose }: Props) {
  const id = useId();
  const [typed, type] = useState("");
  const [organizer, setOrganizer] = useState(false);
  const number = typed.trim();
  const whole = (icon: IconName, words: Key, act: WholeAct) => (
    <button type="button" onClick={() => onAct({ act })}>
      <Icon name={icon} />
      {say(words)}
    </button>
  );
  return (
    <Sheet title={say("meeting.organize", { name })} onClose={onClose}>
      <div class="meeting-acts">
        <form
          class="forward"
          aria-label={say("meeting.invite")}
          onSubmit={(event) => {
            event.preventDefault();
            if (!number) return;
            onAct({ act: "invite", number, organizer });
            type("");
          }}
        >
          <label for={id}>{say("meeting.invite-number")}</label>
          <NumberInput id={id} value={typed} onText={type} />
          <label class="meeting-role">
            <input
              type="checkbox"
              role="switch"
              class="switch"
              checked={organizer}
              aria-checked={organizer}
              onChange={(event) => setOrganizer(event.currentTarget.checked)}
            />
            {say("meeting.as-organizer")}
          </label>
          <button type="submit" class="primary" disabled={!number}>
            {say("meeting.invite")}
          </button>
        </form>
        {another && (
          <button type="button" onClick={() => onAct({ act: "include", organizer })}>
            <Icon name="merge" />
            {say("meeting.include")}
          </button>
        )}
        {whole("microphone-off", "meeting.mute-all", "mute-all")}
        {whole("microphone", "meeting.unmute-all", "unmute-all")}
        {whole("back", "meeting.reset", "reset")}
        <button
          type="button"
          class="danger"
          onClick={() => {
            onAct({ act: "close" });
            onClose();
          }}
        >
          <Icon name="phone-down" />
          {say("meeting.close")}
        </button>
      </div>
    </Sheet>
  );
}

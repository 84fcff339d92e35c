import type { LampState, PhoneState } from "../../bridge/types";
import { say } from "../../words/words";

/** Which lamp shows it. */
const LAMPS: Record<PhoneState, LampState> = {
  free: "free",
  calling: "busy",
  ringing: "ringing",
  busy: "busy",
  "busy-and-ringing": "busy",
  "on-hold": "busy",
  unreachable: "unknown",
};

/** How somebody's telephone is doing. */
export function Presence({ phone }: { phone: PhoneState }) {
  return (
    <small class="lamp">
      <span class={`dot lamp-${LAMPS[phone]}`} aria-hidden="true" />
      {say(`phone-state.${phone}`)}
    </small>
  );
}

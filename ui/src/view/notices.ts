// What can be done about a notice of the phone.
import type { CallId, CallView, Notice, Snapshot } from "../bridge/types";
import type { Key } from "../words/words";
import { mergeable } from "./Calls";
import type { Doing } from "./doing";
import { canTransfer } from "./Transfer";
import { isEnded, isHeld } from "./texts";

/** What a notice's button says, and what it does. */
export interface Way {
  words: Key;
  run: () => void;
  /** Whether the notice has said all it had to, once the button was touched. */
  over?: boolean;
}

/** What the page does for a notice. */
export interface Ways {
  onTransfer: (call: CallId) => void;
  onAddCall: () => void;
}

/** The next step after what a notice tells; null where there is none but to know it. */
export function wayOf(notice: Notice, snapshot: Snapshot, doing: Doing, ways: Ways): Way | null {
  const { code, trouble } = notice;
  const call = snapshot.calls.find(({ id }) => id === notice.call && notice.call !== null);
  const living = call && !isEnded(call) ? call : null;
  switch (code) {
    case "device":
    case "media":
      return { words: "notice.devices", run: () => doing.settings("devices") };
    case "key-store":
      return accounts(doing);
    case "turn-refused":
      return { words: "notice.network", run: () => doing.settings("network") };
    case "settings":
      return { words: "notice.open-settings", run: () => doing.settings(null) };
    case "book":
      return { words: "privacy.open-folder", run: () => doing.bridge.showFolder("data").catch(doing.failed) };
    case "recording-failed":
      return trouble.code === "not-to-be-recorded" ? null : calls(doing);
    case "dtmf-failed":
      return NO_DIGITS.has(trouble.code) ? calls(doing) : null;
    case "dial-failed":
      return trouble.code === "no-account" ? accounts(doing) : null;
    case "service":
      return trouble.code === "service" && trouble.fault.code === "gone-for-good" ? accounts(doing) : null;
    case "hold-failed":
      return living && holdAgain(notice, living, doing);
    case "transfer-failed":
      if (!living || !canTransfer(snapshot, living)) return null;
      return { words: "notice.transfer-again", run: () => ways.onTransfer(living.id), over: true };
    case "conference-failed":
      return conference(notice, snapshot, doing, ways);
  }
}

/** Where the far end takes none, another way of sending them may help. */
const NO_DIGITS: ReadonlySet<string> = new Set(["no-digits", "no-digits-in-audio", "digit-refused"]);

const accounts = (doing: Doing): Way => ({ words: "notice.accounts", run: () => doing.settings("accounts") });
const calls = (doing: Doing): Way => ({ words: "notice.open-settings", run: () => doing.settings("calls") });

/** The call is as it was: what did not work is what leads from there. */
function holdAgain({ trouble }: Notice, call: CallView, doing: Doing): Way | null {
  if (trouble.code === "not-answered" || trouble.code === "wish-hold") return null;
  const command = isHeld(call) ? "resume" : "hold";
  return { words: "notice.again", run: () => doing.send({ command, call: call.id }), over: true };
}

function conference({ trouble }: Notice, snapshot: Snapshot, doing: Doing, ways: Ways): Way | null {
  const members = mergeable(snapshot);
  switch (trouble.code) {
    case "conference-of-two":
      return members.length > 1 ? null : { words: "call.add", run: ways.onAddCall, over: true };
    case "lost-from-conference":
    case "not-for-conference":
      if (members.length < 2) return null;
      return { words: "call.merge", run: () => doing.send({ command: "merge", calls: members }), over: true };
    default:
      return null;
  }
}

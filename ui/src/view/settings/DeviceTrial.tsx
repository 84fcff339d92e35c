import { useEffect, useRef } from "preact/hooks";
import type { DeviceFault, DeviceTrial as Trial, TrialView } from "../../bridge/types";
import { say } from "../../words/words";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { deviceWords } from "../troubles";

interface Props {
  /** The phone's trial, of whatever device. */
  view: TrialView | null;
  /** What the button tries. */
  trial: Trial;
  label: string;
}

/** A button that tries a device, and how that goes. Who leaves the page ends it. */
export function DeviceTrial({ view, trial, label }: Props) {
  const { send } = useDoing();
  const mine = view?.trial.device === trial.device ? view : null;
  const goesOn = mine !== null && mine.stage.stage !== "over";
  const leave = useRef(() => {});
  leave.current = () => mine && send({ command: "stop-trial" });
  useEffect(() => () => leave.current(), []);
  return (
    <div class="device-trial">
      <button
        type="button"
        onClick={() => send(goesOn ? { command: "stop-trial" } : { command: "start-trial", trial })}
      >
        <Icon name={goesOn ? "close" : "play"} />
        {goesOn ? say("sound.stop") : label}
      </button>
      <p class={troubleOf(mine) ? "problem" : "hint"} role="status">
        {mine && words(mine)}
      </p>
    </div>
  );
}

function troubleOf(view: TrialView | null): DeviceFault | null {
  return view?.stage.stage === "over" ? view.stage.trouble : null;
}

function words(view: TrialView): string {
  const { stage } = view.stage;
  if (stage === "opening" || stage === "recording") return say(`sound.${stage}`);
  const trouble = troubleOf(view);
  return trouble ? deviceWords(trouble) : say(`sound.${stage}-${view.trial.device}`);
}

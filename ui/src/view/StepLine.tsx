import type { TrialOutcome } from "../bridge/types";
import { say } from "../words/words";
import { Icon } from "./icons";

/** How something went, as a picture. */
const ICONS = { passed: "check", failed: "close", skipped: "more" } as const;

interface Props {
  /** What was tried. */
  name: string;
  outcome: TrialOutcome;
  /** What was seen; empty where there is nothing to say. */
  seen: string;
  /** What to do about it. */
  fix: string | null;
  /** When it was done, or how long it took. */
  ms: number | null;
}

/** One step of a trial, or one thing that was looked at. */
export function StepLine({ name, outcome, seen, fix, ms }: Props) {
  return (
    <li class={`step ${outcome}`}>
      <Icon name={ICONS[outcome]} />
      <span>
        <bdi>{name}</bdi>
        {seen && (
          <small class={outcome === "failed" ? "problem" : "hint"}>
            <bdi>{seen}</bdi>
          </small>
        )}
        {fix && <small class="advice">{fix}</small>}
      </span>
      <small>
        {say(`trial.${outcome}`)}
        {ms !== null && ` · ${say("trial.ms", { ms: Math.round(ms) })}`}
      </small>
    </li>
  );
}

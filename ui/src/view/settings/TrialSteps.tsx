import type { AccountTrial } from "../../bridge/types";
import { say } from "../../words/words";
import { Icon } from "../icons";

const ICONS = { passed: "check", failed: "close", skipped: "more" } as const;

/** How far an account came, step by step. */
export function TrialSteps({ trial }: { trial: AccountTrial }) {
  const passed = trial.steps.every(({ outcome }) => outcome !== "failed");
  return (
    <>
      <p class={passed ? "verdict passed" : "verdict failed"}>{say(passed ? "trial.works" : "trial.works-not")}</p>
      <ol class="steps" aria-label={say("trial.steps")}>
        {trial.steps.map(({ step, outcome, words, ms }) => (
          <li key={step} class={`step ${outcome}`}>
            <Icon name={ICONS[outcome]} />
            <span>
              {say(`trial.${step}`)}
              {words && <small class="problem">{words}</small>}
            </span>
            <small>
              {say(`trial.${outcome}`)}
              {ms !== null && ` · ${say("trial.ms", { ms: Math.round(ms) })}`}
            </small>
          </li>
        ))}
      </ol>
    </>
  );
}

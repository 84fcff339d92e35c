import type { AccountTrial, IceTrial } from "../../bridge/types";
import { type Key, say } from "../../words/words";
import { Icon } from "../icons";
import { offlineWords } from "../texts";

/** How something went, as a picture. */
export const STEP_ICONS = { passed: "check", failed: "close", skipped: "more" } as const;

/** How far an account or a server came, step by step. */
export function TrialSteps({ of, trial }: { of: "account" | "server"; trial: AccountTrial | IceTrial }) {
  const ofAccount = of === "account";
  const [works, worksNot] = ofAccount
    ? (["trial.works", "trial.works-not"] as const)
    : (["ice.works", "ice.works-not"] as const);
  const passed = trial.steps.every(({ outcome }) => outcome !== "failed");
  return (
    <>
      <p class={passed ? "verdict passed" : "verdict failed"}>{say(passed ? works : worksNot)}</p>
      <ol class="steps" aria-label={say("trial.steps")}>
        {trial.steps.map(({ step, outcome, ms, ...seen }) => {
          const words = "cause" in seen && seen.cause ? offlineWords(seen.cause) : seen.words;
          return (
            <li key={step} class={`step ${outcome}`}>
              <Icon name={STEP_ICONS[outcome]} />
              <span>
                {say(ofAccount ? (`trial.${step}` as Key) : (`ice.${step}` as Key))}
                {words && <small class={outcome === "failed" ? "problem" : "hint"}>{words}</small>}
              </span>
              <small>
                {say(`trial.${outcome}`)}
                {ms !== null && ` · ${say("trial.ms", { ms: Math.round(ms) })}`}
              </small>
            </li>
          );
        })}
      </ol>
    </>
  );
}

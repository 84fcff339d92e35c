import type { ComponentChildren } from "preact";
import type { AccountTrial, IceTrial } from "../../bridge/types";
import { say } from "../../words/words";
import { iceFixWords, triedFixWords, triedWords } from "../diagnostics/facts";
import { StepLine } from "../StepLine";

/** How far an account came, step by step. */
export function AccountSteps({ trial }: { trial: AccountTrial }) {
  return (
    <Steps works="trial.works" worksNot="trial.works-not" trial={trial}>
      {trial.steps.map(({ step, fact, ...how }) => (
        <StepLine key={step} name={say(`trial.${step}`)} seen={triedWords(fact)} fix={triedFixWords(fact)} {...how} />
      ))}
    </Steps>
  );
}

/** How far a STUN or TURN server came. */
export function IceSteps({ trial }: { trial: IceTrial }) {
  return (
    <Steps works="ice.works" worksNot="ice.works-not" trial={trial}>
      {trial.steps.map(({ step, fact, ...how }) => (
        <StepLine
          key={step}
          name={say(`ice.${step}`)}
          seen={triedWords(fact)}
          fix={how.outcome === "failed" ? iceFixWords(step) : null}
          {...how}
        />
      ))}
    </Steps>
  );
}

interface StepsProps {
  works: "trial.works" | "ice.works";
  worksNot: "trial.works-not" | "ice.works-not";
  trial: AccountTrial | IceTrial;
  children: ComponentChildren;
}

/** Whether it works, and its steps. */
function Steps({ works, worksNot, trial, children }: StepsProps) {
  const passed = trial.steps.every(({ outcome }) => outcome !== "failed");
  return (
    <>
      <p class={passed ? "verdict passed" : "verdict failed"}>{say(passed ? works : worksNot)}</p>
      <ol class="steps" aria-label={say("trial.steps")}>
        {children}
      </ol>
    </>
  );
}

// Trials of an account and of a TURN server that are made up: both find a fault.
import type { AccountTrial, IceTrial, TrialFact } from "./types";

const PLAIN: TrialFact = { code: "plain" };

export const SOME_TRIAL: AccountTrial = {
  steps: [
    { step: "settings", outcome: "passed", fact: PLAIN, ms: null },
    { step: "name", outcome: "passed", fact: PLAIN, ms: null },
    { step: "connection", outcome: "passed", fact: PLAIN, ms: 41 },
    { step: "tls", outcome: "passed", fact: PLAIN, ms: null },
    { step: "web-socket", outcome: "passed", fact: PLAIN, ms: 63 },
    {
      step: "registration",
      outcome: "failed",
      fact: { code: "offline", cause: { kind: "wrong-password", code: 403 } },
      ms: null,
    },
  ],
};

export const SOME_ICE_TRIAL: IceTrial = {
  steps: [
    { step: "name", outcome: "passed", fact: PLAIN, ms: 4 },
    { step: "connection", outcome: "passed", fact: PLAIN, ms: 21 },
    { step: "tls", outcome: "skipped", fact: PLAIN, ms: null },
    { step: "answer", outcome: "passed", fact: PLAIN, ms: 40 },
    { step: "password", outcome: "failed", fact: { code: "wrong-password", error: 401 }, ms: null },
    { step: "relay", outcome: "skipped", fact: PLAIN, ms: null },
  ],
};

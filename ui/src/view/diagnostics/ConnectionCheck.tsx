import { useState } from "preact/hooks";
import type { Check } from "../../bridge/types";
import { type Key, say } from "../../words/words";
import { useDoing } from "../doing";
import { StepLine } from "../StepLine";
import { useEditing } from "../settings/editing";
import { ChoiceField } from "../settings/fields";
import { fixWords, seenWords } from "./facts";

/** Everything that calls of an account depend on, looked at in turn; one line for each, and what to do. */
export function ConnectionCheck() {
  const { bridge, failed } = useDoing();
  const { settings } = useEditing();
  const names = settings.accounts.map(({ id }) => id);
  const [chosen, choose] = useState(names[0] ?? "");
  const [running, run] = useState(false);
  const [checks, show] = useState<readonly Check[] | null>(null);
  const account = names.includes(chosen) ? chosen : (names[0] ?? "");
  const begin = () => {
    run(true);
    show(null);
    bridge
      .diagnose(account)
      .then(show, failed)
      .then(() => run(false));
  };
  const bad = checks?.filter(({ outcome }) => outcome === "failed").length ?? 0;
  if (names.length === 0) return <p class="empty">{say("account.none-yet")}</p>;
  return (
    <>
      <p class="hint">{say("check.hint")}</p>
      <ChoiceField
        label={say("check.account")}
        value={account}
        options={names.map((name) => [name, name] as const)}
        onChoose={(name) => {
          choose(name);
          show(null);
        }}
      />
      <button type="button" class="primary" disabled={running} onClick={begin}>
        {say("check.run")}
      </button>
      <div role="status">
        {running && <p>{say("diagnosis.running")}</p>}
        {checks && (
          <p class={bad > 0 ? "verdict failed" : "verdict passed"}>
            {bad > 0 ? say("check.bad", { count: bad }) : say("check.good")}
          </p>
        )}
      </div>
      {checks && (
        <ol class="steps" aria-label={say("check.results")}>
          {checks.map(({ name, fact, ...how }) => (
            <StepLine key={name} name={nameOf(name)} seen={seenWords(fact)} fix={fixWords(fact)} {...how} />
          ))}
        </ol>
      )}
    </>
  );
}

/** What the engine names by itself; anything else is the address of a server. */
const NAMED = ["dns", "connection", "tls", "clock", "websocket", "registration", "account", "nat"];

const nameOf = (name: string) => (NAMED.includes(name) ? say(`checked.${name}` as Key) : name);

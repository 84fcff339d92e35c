import type { AutoAnswerBusy, AutoAnswerMicrophone, AutoAnswerWhen } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useEditing } from "./editing";
import { ChoiceField, Group, Labelled, SettingText, SwitchField, wholeNumber } from "./fields";
import type { WholeSettings } from "./whole";

type Policy = WholeSettings["auto_answer"][number];

/** The policy of an account that has none. */
function off(account: string): Policy {
  return { account, when: "never", callers: [], contacts: false, delay_s: 3, busy: "refuse", microphone: "closed" };
}

/** Whose calls are answered without the user, account by account. */
export function AutoAnswerSection() {
  const { settings } = useEditing();
  return (
    <Group title={say("auto.title")}>
      <p class="hint">{say("auto.hint")}</p>
      {settings.accounts.map(({ id }) => (
        <OfAccount key={id} account={id} />
      ))}
    </Group>
  );
}

function OfAccount({ account }: { account: string }) {
  const { settings, save, problem } = useEditing();
  const policy = settings.auto_answer.find((known) => known.account === account) ?? off(account);
  const changed = (part: Partial<Policy>): WholeSettings => {
    const others = settings.auto_answer.filter((known) => known.account !== account);
    return { ...settings, auto_answer: [...others, { ...policy, ...part }] };
  };
  const put = (part: Partial<Policy>) => void save(changed(part));
  const field = (name: string) => `auto_answer.${account}.${name}`;
  return (
    <>
      <ChoiceField<AutoAnswerWhen>
        label={say("auto.when", { account: isolated(account) })}
        value={policy.when}
        options={[
          ["never", say("auto.never")],
          ["always", say("auto.always")],
          ["by-header", say("auto.by-header")],
        ]}
        onChoose={(when) => put({ when })}
      />
      {policy.when !== "never" && (
        <div class="auto-answer">
          <Labelled label={say("auto.callers")} hint={say("auto.callers-hint")} problem={problem(field("callers"))}>
            {(id, described) => (
              <textarea
                id={id}
                rows={3}
                spellcheck={false}
                aria-describedby={described}
                value={policy.callers.join("\n")}
                onChange={(event) => {
                  const typed = event.currentTarget.value.split("\n").map((line) => line.trim());
                  put({ callers: typed.filter(Boolean) });
                }}
              />
            )}
          </Labelled>
          <SwitchField label={say("auto.contacts")} on={policy.contacts} onSwitch={(contacts) => put({ contacts })} />
          <SettingText
            label={say("auto.delay")}
            hint={say("auto.delay-hint")}
            field={field("delay_s")}
            numeric
            value={String(policy.delay_s)}
            onText={(text) => changed({ delay_s: wholeNumber(text) })}
          />
          <ChoiceField<AutoAnswerBusy>
            label={say("auto.busy")}
            value={policy.busy}
            options={[
              ["refuse", say("auto.busy-refuse")],
              ["hold", say("auto.busy-hold")],
              ["answer", say("auto.busy-answer")],
            ]}
            onChoose={(busy) => put({ busy })}
          />
          <ChoiceField<AutoAnswerMicrophone>
            label={say("auto.microphone")}
            value={policy.microphone}
            options={[
              ["closed", say("auto.microphone-closed")],
              ["after-beep", say("auto.microphone-after-beep")],
            ]}
            onChoose={(microphone) => put({ microphone })}
          />
        </div>
      )}
    </>
  );
}

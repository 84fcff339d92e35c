import type { Theme } from "../../bridge/types";
import { type Key, LANGUAGE_NAMES, say } from "../../words/words";
import { useEditing } from "./editing";
import { ChoiceField, Group, SwitchField } from "./fields";
import type { WholeSettings } from "./whole";

const SWITCHES = [
  "close_to_tray",
  "start_with_session",
  "popup",
  "notifications",
  "dial_links_at_once",
] as const satisfies readonly (keyof WholeSettings["window"])[];

/** The program around the phone: how it looks and what the desktop sees of it. */
export function WindowSection() {
  const { settings, save, problem } = useEditing();
  const { window } = settings;
  const put = (part: Partial<WholeSettings["window"]>) => void save({ ...settings, window: { ...window, ...part } });
  return (
    <>
      <Group title={say("window.look")}>
        <ChoiceField<Theme>
          label={say("window.theme")}
          value={window.theme}
          options={[
            ["system", say("window.theme-system")],
            ["light", say("window.theme-light")],
            ["dark", say("window.theme-dark")],
          ]}
          onChoose={(theme) => put({ theme })}
        />
        <ChoiceField
          label={say("window.language")}
          problem={problem("window.language")}
          value={window.language}
          options={[["", say("window.language-system")], ...LANGUAGE_NAMES]}
          onChoose={(language) => put({ language })}
        />
      </Group>
      <Group title={say("window.desktop")}>
        {SWITCHES.map((name) => (
          <SwitchField
            key={name}
            label={say(`window.${name.replaceAll("_", "-")}` as Key)}
            on={window[name]}
            onSwitch={(on) => put({ [name]: on })}
          />
        ))}
      </Group>
    </>
  );
}

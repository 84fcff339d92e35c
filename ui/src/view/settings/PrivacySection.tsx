import { say } from "../../words/words";
import { useDoing } from "../doing";
import { useEditing } from "./editing";
import { ChoiceField, Group, SettingText, wholeNumber } from "./fields";

const LEVELS = ["error", "warn", "info", "debug", "trace"] as const;

/** What is kept, and what is written down. */
export function PrivacySection() {
  const { bridge, failed } = useDoing();
  const { settings, save } = useEditing();
  const simple = LEVELS.some((level) => level === settings.log);
  return (
    <>
      <Group title={say("app.history")}>
        <SettingText
          label={say("privacy.keep")}
          hint={say("privacy.keep-hint")}
          field="history.keep_days"
          numeric
          value={String(settings.history.keep_days)}
          onText={(text) => ({ ...settings, history: { keep_days: wholeNumber(text) } })}
        />
      </Group>
      <Group title={say("privacy.logs")}>
        <ChoiceField
          label={say("privacy.level")}
          hint={say("privacy.level-hint")}
          value={settings.log}
          options={[
            ...LEVELS.map((level) => [level as string, say(`privacy.${level}`)] as const),
            ...(simple ? [] : [[settings.log, settings.log] as const]),
          ]}
          onChoose={(log) => void save({ ...settings, log })}
        />
        <p class="hint">{say("privacy.secrets-hint")}</p>
        <button type="button" onClick={() => bridge.showFolder("data").catch(failed)}>
          {say("privacy.open-folder")}
        </button>
      </Group>
    </>
  );
}

import { type Key, say } from "../../words/words";
import { useEditing } from "./editing";
import { Group, SettingText, SwitchField } from "./fields";

const KEYS = ["answer", "hang_up", "mute", "hold", "show"] as const;

/** Keys that work while another program has the keyboard. */
export function ShortcutsSection() {
  const { settings, save } = useEditing();
  const { shortcuts } = settings;
  return (
    <Group title={say("shortcuts.everywhere")}>
      <SwitchField
        label={say("shortcuts.enabled")}
        hint={say("shortcuts.enabled-hint")}
        on={shortcuts.enabled}
        onSwitch={(enabled) => void save({ ...settings, shortcuts: { ...shortcuts, enabled } })}
      />
      {KEYS.map((name) => (
        <SettingText
          key={name}
          label={say(`shortcuts.${name.replace("_", "-")}` as Key)}
          field={`shortcuts.${name}`}
          value={shortcuts[name]}
          onText={(text) => ({ ...settings, shortcuts: { ...shortcuts, [name]: text } })}
        />
      ))}
      <p class="hint">{say("shortcuts.form-hint")}</p>
    </Group>
  );
}

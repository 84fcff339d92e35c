import { useState } from "preact/hooks";
import { type Key, say } from "../../words/words";
import { KeySheet } from "../KeySheet";
import { useEditing } from "./editing";
import { Group, Labelled, SwitchField } from "./fields";

const KEYS = ["answer", "hang_up", "mute", "hold", "show"] as const;

/** Keys of the window, and those that work while another program has the keyboard. */
export function ShortcutsSection() {
  const { settings, save } = useEditing();
  const { shortcuts, window } = settings;
  const [listed, list] = useState(false);
  return (
    <>
      <Group title={say("shortcuts.window")}>
        <SwitchField
          label={say("shortcuts.letters")}
          hint={say("shortcuts.letters-hint")}
          on={window.letter_keys}
          onSwitch={(letter_keys) => void save({ ...settings, window: { ...window, letter_keys } })}
        />
        <button type="button" onClick={() => list(true)}>
          {say("shortcuts.list")}
        </button>
        {listed && <KeySheet onClose={() => list(false)} />}
      </Group>
      <Group title={say("shortcuts.everywhere")}>
        <SwitchField
          label={say("shortcuts.enabled")}
          hint={say("shortcuts.enabled-hint")}
          on={shortcuts.enabled}
          onSwitch={(enabled) => void save({ ...settings, shortcuts: { ...shortcuts, enabled } })}
        />
        {KEYS.map((name) => (
          <ShortcutField key={name} name={name} />
        ))}
        <p class="hint">{say("shortcuts.form-hint")}</p>
      </Group>
    </>
  );
}

/** A combination of keys: written, or pressed in the field. */
function ShortcutField({ name }: { name: (typeof KEYS)[number] }) {
  const { settings, problem, edit, save } = useEditing();
  const { shortcuts } = settings;
  const changed = (keys: string) => ({ ...settings, shortcuts: { ...shortcuts, [name]: keys } });
  return (
    <Labelled label={say(`shortcuts.${name.replace("_", "-")}` as Key)} problem={problem(`shortcuts.${name}`)}>
      {(id, described) => (
        <input
          id={id}
          type="text"
          autocomplete="off"
          spellcheck={false}
          maxLength={64}
          aria-describedby={described}
          aria-invalid={described ? true : undefined}
          value={shortcuts[name]}
          onInput={(event) => edit(changed(event.currentTarget.value))}
          onChange={() => void save()}
          onKeyDown={(event) => {
            const pressed = combination(event);
            if (!pressed) return;
            event.preventDefault();
            void save(changed(pressed));
          }}
        />
      )}
    </Labelled>
  );
}

/** What was pressed, as it is written; null where it is no combination, or one that every text field has. */
function combination({ key, code, ctrlKey, altKey, shiftKey, metaKey }: KeyboardEvent): string | null {
  const name = /^[a-z]$/i.test(key) ? key.toUpperCase() : /^(?:Digit)?(\d|F\d{1,2})$/.exec(code)?.[1];
  const edits = !altKey && !metaKey && /^[acvxyz]$/i.test(key);
  if (!name || edits || !(ctrlKey || altKey || metaKey)) return null;
  const held: readonly (readonly [boolean, string])[] = [
    [ctrlKey, "Ctrl"],
    [altKey, "Alt"],
    [shiftKey, "Shift"],
    [metaKey, "Super"],
  ];
  return [...held.filter(([is]) => is).map(([, word]) => word), name].join("+");
}

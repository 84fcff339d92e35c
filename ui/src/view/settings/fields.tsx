import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { about, spokenLocale } from "../../words/words";
import { useEditing } from "./editing";
import type { WholeSettings } from "./whole";

interface LabelledProps {
  label: string;
  hint?: string | undefined;
  /** What is wrong, to follow the label. */
  problem?: string | undefined;
  children: (id: string, described: string | undefined) => ComponentChildren;
}

/** A field with its name above, and what is to be known or wrong below. */
export function Labelled({ label, hint, problem, children }: LabelledProps) {
  const id = useId();
  const described = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, described)}
      {problem && (
        <p id={`${id}-problem`} class="problem">
          {about(label, problem)}
        </p>
      )}
      {!problem && hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  hint?: string | undefined;
  problem?: string | undefined;
  /** Not to be seen. */
  secret?: boolean;
  numeric?: boolean;
  onText: (text: string) => void;
  /** The field was left after a change, or Enter pressed. */
  onDone?: () => void;
}

/** One line of text. */
export function TextField({ label, value, hint, problem, secret, numeric, onText, onDone }: TextProps) {
  // A number that is being typed stands as it is typed, empty included, as long as it means what the value is.
  const [typed, type] = useState<string | null>(null);
  const shown = numeric && typed !== null && String(wholeNumber(typed)) === value ? typed : value;
  return (
    <Labelled label={label} hint={hint} problem={problem}>
      {(id, described) => {
        const given = {
          id,
          value: shown,
          maxLength: 1024,
          "aria-describedby": described,
          "aria-invalid": problem ? true : undefined,
          onInput: (event: { currentTarget: HTMLInputElement }) => {
            type(event.currentTarget.value);
            onText(event.currentTarget.value);
          },
          onChange: onDone,
          onBlur: () => type(null),
        } as const;
        return secret ? (
          <input {...given} type="password" autocomplete="new-password" />
        ) : (
          <input
            {...given}
            type="text"
            autocomplete="off"
            spellcheck={false}
            inputMode={numeric ? "numeric" : "text"}
          />
        );
      }}
    </Labelled>
  );
}

interface RangeProps {
  label: string;
  /** In percent. */
  value: number;
  onRange: (percent: number) => void;
  onDone: () => void;
}

/** So much of what there is. */
export function RangeField({ label, value, onRange, onDone }: RangeProps) {
  return (
    <Labelled label={label}>
      {(id) => (
        <div class="range">
          <input
            id={id}
            type="range"
            min={0}
            max={100}
            step={5}
            value={value}
            onInput={(event) => onRange(event.currentTarget.valueAsNumber)}
            onChange={onDone}
          />
          <output for={id}>{new Intl.NumberFormat(spokenLocale(), { style: "percent" }).format(value / 100)}</output>
        </div>
      )}
    </Labelled>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [value: Value, words: string])[];
  hint?: string | undefined;
  problem?: string | undefined;
  onChoose: (value: Value) => void;
}

/** One of a few. */
export function ChoiceField<Value extends string>({
  label,
  value,
  options,
  hint,
  problem,
  onChoose,
}: ChoiceProps<Value>) {
  return (
    <Labelled label={label} hint={hint} problem={problem}>
      {(id, described) => (
        <select
          id={id}
          value={value}
          aria-describedby={described}
          aria-invalid={problem ? true : undefined}
          onChange={(event) => onChoose(event.currentTarget.value as Value)}
        >
          {options.map(([option, words]) => (
            <option key={option} value={option}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface SwitchProps {
  label: string;
  on: boolean;
  hint?: string | undefined;
  disabled?: boolean;
  onSwitch: (on: boolean) => void;
}

/** On or off. */
export function SwitchField({ label, on, hint, disabled, onSwitch }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch-field">
      <label for={id}>
        <span>{label}</span>
        <input
          id={id}
          type="checkbox"
          role="switch"
          class="switch"
          checked={on}
          aria-checked={on}
          disabled={disabled}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => onSwitch(event.currentTarget.checked)}
        />
      </label>
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What a field of the settings does with what is typed. */
interface SettingProps {
  label: string;
  /** Its dotted name. */
  field: string;
  value: string;
  hint?: string;
  numeric?: boolean;
  onText: (text: string) => WholeSettings;
}

/** One line of text of the settings: checked while it is typed, in force when it is left. */
export function SettingText({ field, onText, ...rest }: SettingProps) {
  const { problem, edit, save } = useEditing();
  return (
    <TextField {...rest} problem={problem(field)} onText={(text) => edit(onText(text))} onDone={() => void save()} />
  );
}

/** A whole number as typed; what is none counts as zero, which the phone's check speaks about. */
export function wholeNumber(text: string): number {
  const number = Math.floor(Number(text));
  return Number.isFinite(number) ? Math.max(0, Math.min(1_000_000, number)) : 0;
}

/** Parts of a section that belong together. */
export function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

import type { LooseInputHTMLAttributes, RefObject } from "preact";

type Passed =
  | "id"
  | "disabled"
  | "placeholder"
  | "onKeyDown"
  | `aria-${"label" | "expanded" | "controls" | "activedescendant"}`;

interface Props extends Pick<LooseInputHTMLAttributes, Passed> {
  role?: "combobox";
  value: string;
  onText: (text: string) => void;
  /** The element, for who has to lead to it. */
  field?: RefObject<HTMLInputElement | null>;
}

/** Where a number is written, or another address that can be called: the keys of a telephone on a touch screen, and no advice. */
export function NumberInput({ onText, field, ...rest }: Props) {
  return (
    <input
      {...(field ? { ref: field } : {})}
      type="text"
      inputMode="tel"
      autocomplete="off"
      spellcheck={false}
      maxLength={255}
      {...rest}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}

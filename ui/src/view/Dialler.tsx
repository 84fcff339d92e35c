import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type { Suggestion } from "../bridge/types";
import { isolated, say } from "../words/words";
import { Dialpad } from "./Dialpad";
import { useDoing } from "./doing";
import { useAnswer } from "./hooks";
import { Icon } from "./icons";

interface Props {
  number: string;
  onNumber: (number: string) => void;
  field: RefObject<HTMLInputElement | null>;
  onDial: (target: string) => void;
  /** Calls the voice mail; none when nobody knows its number. */
  onVoicemail?: (() => void) | undefined;
}

/** Where a number is typed, chosen or pasted, and called. */
export function Dialler({ number, onNumber, field, onDial, onVoicemail }: Props) {
  const { bridge, send, failed } = useDoing();
  const [chosen, choose] = useState(-1);
  const typed = number.trim();
  const suggestions = useAnswer<Suggestion[]>(
    () => (typed ? bridge.suggest(typed) : Promise.resolve([])),
    typed,
    failed,
  );
  const shown = typed && suggestions ? suggestions : [];

  const change = (text: string) => {
    // The first character tells that a call is coming: candidates are gathered while the rest is typed.
    if (!typed && text.trim()) send({ command: "prepare", account: null });
    choose(-1);
    onNumber(text);
  };
  const dial = (target: string) => {
    if (target) onDial(target);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((at) => Math.max(-1, Math.min(shown.length - 1, at + step)));
    } else if (event.key === "Escape" && number) {
      event.stopPropagation();
      change("");
    }
  };
  const type = (digit: string) => change(number + digit);

  return (
    <form
      class="dialler"
      onSubmit={(event) => {
        event.preventDefault();
        dial(shown[chosen]?.number ?? typed);
      }}
    >
      <div class="number">
        <input
          ref={field}
          type="text"
          inputMode="tel"
          autocomplete="off"
          spellcheck={false}
          maxLength={255}
          aria-label={say("dial.number")}
          placeholder={say("dial.number")}
          role="combobox"
          aria-expanded={shown.length > 0}
          aria-controls="suggestions"
          aria-activedescendant={chosen >= 0 ? `suggestion-${chosen}` : undefined}
          value={number}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {number && (
          <button
            type="button"
            class="small"
            aria-label={say("dial.delete")}
            onClick={() => change(number.slice(0, -1))}
          >
            <Icon name="backspace" />
          </button>
        )}
      </div>
      <div
        class="suggestions"
        tabIndex={-1}
        id="suggestions"
        role="listbox"
        aria-label={say("dial.suggestions")}
        hidden={!shown.length}
      >
        {shown.map((suggestion, at) => (
          <div
            key={suggestion.number}
            id={`suggestion-${at}`}
            role="option"
            tabIndex={-1}
            aria-selected={at === chosen}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => dial(suggestion.number)}
            onKeyDown={() => {}}
          >
            <bdi>{suggestion.name || suggestion.number}</bdi>
            <small>
              <bdi>{suggestion.number}</bdi>{" "}
              {say(suggestion.from === "contact" ? "dial.from-contact" : "dial.from-history")}
            </small>
          </div>
        ))}
      </div>
      <Dialpad onKey={type} onVoicemail={onVoicemail} />
      <button type="submit" class="call-button" disabled={!typed}>
        <Icon name="phone" />
        {typed ? say("dial.call-number", { number: isolated(typed) }) : say("dial.call")}
      </button>
    </form>
  );
}

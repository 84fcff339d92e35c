import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { isolated, say } from "../words/words";
import { useAssistant } from "./assistant";
import { Dialpad } from "./Dialpad";
import { type DialHow, useDoing } from "./doing";
import { Icon } from "./icons";
import { NumberInput } from "./NumberInput";
import { type Suggested, useSuggestions } from "./suggestions";

interface Props {
  number: string;
  onNumber: (number: string) => void;
  field: RefObject<HTMLInputElement | null>;
  onDial: (target: string, how?: DialHow) => void;
  /** Calls the voice mail; none when nobody knows its number. */
  onVoicemail?: (() => void) | undefined;
}

/** Where a number is typed, chosen or pasted, and called. */
export function Dialler({ number, onNumber, field, onDial, onVoicemail }: Props) {
  const { send } = useDoing();
  const [chosen, choose] = useState(-1);
  const typed = number.trim();
  const shown = useSuggestions(typed);

  const change = (text: string) => {
    // The first character tells that a call is coming: candidates are gathered while the rest is typed.
    if (!typed && text.trim()) send({ command: "prepare", account: null });
    choose(-1);
    onNumber(text);
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
        const suggested = shown[chosen];
        if (suggested) onDial(suggested.number, suggested);
        else if (typed) onDial(typed);
      }}
    >
      <div class="number">
        <NumberInput
          field={field}
          aria-label={say("dial.number")}
          placeholder={say("dial.number")}
          role="combobox"
          aria-expanded={shown.length > 0}
          aria-controls="suggestions"
          aria-activedescendant={chosen >= 0 ? `suggestion-${chosen}` : undefined}
          value={number}
          onText={change}
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
            onClick={() => onDial(suggestion.number, suggestion)}
            onKeyDown={() => {}}
          >
            <bdi>{suggestion.name || suggestion.number}</bdi>
            <small>
              <bdi>{suggestion.number}</bdi> <Source of={suggestion} />
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

/** Where a suggestion is from; of somebody the server knows, how the telephone there is doing. */
function Source({ of: { from, phone } }: { of: Suggested }) {
  const assistant = useAssistant();
  if (from === "contact") return <>{say("dial.from-contact")}</>;
  if (from === "history") return <>{say("dial.from-history")}</>;
  if (!assistant) return null;
  if (!phone) return <>{say("dial.from-directory")}</>;
  return <assistant.views.Presence phone={phone} />;
}

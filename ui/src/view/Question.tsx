import { useEffect, useId, useRef } from "preact/hooks";
import { say } from "../words/words";
import { focusAgain } from "./focus";

interface Props {
  /** What is about to be done; its button says the same. */
  label: string;
  words: string;
  onYes: (button: HTMLElement) => void;
  onNo: () => void;
}

/** Asked before something that cannot be undone. The focus goes to what does nothing, and back to where it was; Escape is no. */
export function Question({ label, words, onYes, onNo }: Props) {
  const no = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    no.current?.focus();
    return () => focusAgain(before);
  }, []);
  return (
    <div
      class="question"
      role="alertdialog"
      aria-label={label}
      aria-describedby={id}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onNo();
      }}
    >
      <p id={id}>{words}</p>
      <button type="button" class="danger" onClick={(event) => onYes(event.currentTarget)}>
        {label}
      </button>
      <button ref={no} type="button" onClick={onNo}>
        {say("app.cancel")}
      </button>
    </div>
  );
}

import type { Suggestion } from "../bridge/types";
import { say } from "../words/words";
import { useDoing } from "./doing";
import { useAnswer } from "./hooks";

/** Suggestions beneath the field; more would push the buttons out of a small window. */
const MOST = 4;

interface Props {
  value: string;
  onTarget: (target: string) => void;
}

/** A field for whom a call goes to, with those who are known by what is typed. */
export function TargetField({ value, onTarget }: Props) {
  const { bridge, failed } = useDoing();
  const typed = value.trim();
  const known = useAnswer<Suggestion[]>(() => (typed ? bridge.suggest(typed) : Promise.resolve([])), typed, failed);
  const shown = typed && known ? known.filter(({ number }) => number !== typed).slice(0, MOST) : [];
  return (
    <>
      <label>
        <span>{say("transfer.target")}</span>
        <input
          type="text"
          inputMode="tel"
          autocomplete="off"
          spellcheck={false}
          maxLength={255}
          value={value}
          onInput={(event) => onTarget(event.currentTarget.value)}
        />
      </label>
      {shown.length > 0 && (
        <ul class="known" aria-label={say("dial.suggestions")}>
          {shown.map(({ name, number }) => (
            <li key={number}>
              <button type="button" onClick={() => onTarget(number)}>
                <bdi>{name || number}</bdi> <small>{name && <bdi>{number}</bdi>}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

import { useId } from "preact/hooks";
import type { AccountId } from "../bridge/types";
import { say } from "../words/words";
import { useAssistant } from "./assistant";
import { NumberInput } from "./NumberInput";
import { useSuggestions } from "./suggestions";

/** Suggestions beneath the field; more would push the buttons out of a small window. */
const MOST = 4;

interface Props {
  value: string;
  /** On which account the call is: numbers that only another one knows mean nothing there. */
  account: AccountId;
  onTarget: (target: string) => void;
}

/** A field for whom a call goes to, with those who are known by what is typed. */
export function TargetField({ value, account, onTarget }: Props) {
  const id = useId();
  const assistant = useAssistant();
  const typed = value.trim();
  const known = useSuggestions(typed).filter((one) => one.account === null || one.account === account);
  const shown = known.filter(({ number }) => number !== typed).slice(0, MOST);
  return (
    <>
      <label for={id}>
        <span>{say("transfer.target")}</span>
        <NumberInput id={id} value={value} onText={onTarget} />
      </label>
      {shown.length > 0 && (
        <ul class="known" aria-label={say("dial.suggestions")}>
          {shown.map(({ name, number, phone }) => (
            <li key={number}>
              <button type="button" onClick={() => onTarget(number)}>
                <bdi>{name || number}</bdi> <small>{name && <bdi>{number}</bdi>}</small>
                {assistant && phone && <assistant.views.Presence phone={phone} />}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

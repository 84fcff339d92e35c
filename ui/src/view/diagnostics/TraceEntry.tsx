import type { ComponentChildren } from "preact";
import type { AccountId } from "../../bridge/types";
import { say } from "../../words/words";
import type { Place } from "../LongList";

interface Props {
  at_ms: number | null;
  account: AccountId;
  /** All of it, once it is opened. */
  text: string;
  place: Place;
  /** What it is, in a line. */
  children: ComponentChildren;
}

/** One of the things that passed, by its time; it opens to all of it. */
export function TraceEntry({ at_ms, account, text, place, children }: Props) {
  return (
    <li class="trace" {...place}>
      <details>
        <summary>
          <span class="ms">{say("trial.ms", { ms: (at_ms ?? 0).toFixed(1) })}</span>
          <span>
            {children}
            <small>
              <bdi>{account}</bdi>
            </small>
          </span>
        </summary>
        <pre>{text}</pre>
      </details>
    </li>
  );
}

import type { ComponentChildren } from "preact";
import { say } from "../words/words";
import { Avatar } from "./Avatar";
import type { Place } from "./LongList";

interface Props {
  name: string;
  /** Beside the name. */
  mark?: ComponentChildren;
  /** Below it. */
  children?: ComponentChildren;
  numbers: { title: ComponentChildren; number: string }[];
  onDial: (number: string) => void;
  place: Place;
  /** What can be done with the person beside calling. */
  action?: ComponentChildren;
}

/** Somebody in a list, with a button for each number. */
export function PersonRow({ name, mark, children, numbers, onDial, place, action }: Props) {
  return (
    <li class="row-item contact" {...place}>
      <div class="row-main">
        <Avatar name={name} />
        <span class="row-words">
          <strong>
            <bdi>{name}</bdi>
            {mark}
          </strong>
          {children}
          <span class="numbers">
            {numbers.map(({ title, number }) => (
              <button key={number} type="button" onClick={() => onDial(number)}>
                <span class="unseen">{say("dial.call")} </span>
                {title && <small>{title}</small>} <bdi>{number}</bdi>
              </button>
            ))}
          </span>
        </span>
      </div>
      {action}
    </li>
  );
}

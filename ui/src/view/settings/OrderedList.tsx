import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isolated, say } from "../../words/words";
import { focusBeside } from "../focus";
import { Icon } from "../icons";

interface Item {
  id: string;
  name: string;
  /** What is to be known of it. */
  note?: string;
}

interface Props {
  label: string;
  items: readonly Item[];
  onOrder: (ids: string[]) => void;
  /** What can be added. */
  others: readonly Item[];
  addLabel: string;
  /** Whether the last one may be taken out. */
  mayBeEmpty?: boolean;
}

/** Has the focus go along with what is moved, and tells where it is now. Its buttons to move it are the first of its row. */
export function useMoved(ids: readonly string[]) {
  const list = useRef<HTMLOListElement & HTMLUListElement>(null);
  const moved = useRef<{ to: number; button: number } | null>(null);
  const [place, tell] = useState("");
  useLayoutEffect(() => {
    if (!moved.current) return;
    const { to, button } = moved.current;
    moved.current = null;
    const buttons = [...(list.current?.children[to]?.querySelectorAll<HTMLButtonElement>(".up, .down") ?? [])];
    // At either end the one that brought it there does nothing more.
    (buttons[button]?.disabled ? buttons[1 - button] : buttons[button])?.focus();
  }, [ids.join("\n")]);
  const follow = (at: number, to: number, name: string) => {
    moved.current = { to, button: to < at ? 0 : 1 };
    tell(say("order.place", { name: isolated(name), at: to + 1, of: ids.length }));
  };
  return { list, follow, place };
}

/** Things in order of preference: moved, taken out and added by buttons. */
export function OrderedList({ label, items, onOrder, others, addLabel, mayBeEmpty }: Props) {
  const ids = items.map(({ id }) => id);
  const { list, follow, place } = useMoved(ids);
  const move = (at: number, to: number) => {
    const moved = [...ids];
    moved.splice(to, 0, ...moved.splice(at, 1));
    follow(at, to, items[at]?.name ?? "");
    onOrder(moved);
  };
  return (
    <div class="ordered">
      <p class="unseen" role="status">
        {place}
      </p>
      <ol ref={list} aria-label={label}>
        {items.map(({ id, name, note }, at) => (
          <li key={id}>
            <span class="ordered-name">
              <bdi>{name}</bdi>
              {note && <small>{note}</small>}
            </span>
            <button
              type="button"
              class="small up"
              aria-label={say("order.up", { name: isolated(name) })}
              disabled={at === 0}
              onClick={() => move(at, at - 1)}
            >
              <Icon name="up" />
            </button>
            <button
              type="button"
              class="small down"
              aria-label={say("order.down", { name: isolated(name) })}
              disabled={at === items.length - 1}
              onClick={() => move(at, at + 1)}
            >
              <Icon name="down" />
            </button>
            <button
              type="button"
              class="small"
              aria-label={say("order.remove", { name: isolated(name) })}
              disabled={!mayBeEmpty && items.length === 1}
              onClick={(event) => {
                focusBeside(event.currentTarget, "button:last-of-type:not(:disabled)");
                onOrder(ids.filter((other) => other !== id));
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ol>
      {others.length > 0 && (
        <select
          aria-label={addLabel}
          value=""
          onChange={(event) => {
            const { value } = event.currentTarget;
            event.currentTarget.value = "";
            if (value) onOrder([...ids, value]);
          }}
        >
          <option value="">{addLabel}</option>
          {others.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

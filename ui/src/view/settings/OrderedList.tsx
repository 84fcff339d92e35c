import { isolated, say } from "../../words/words";
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

/** Things in order of preference: moved, taken out and added by buttons. */
export function OrderedList({ label, items, onOrder, others, addLabel, mayBeEmpty }: Props) {
  const ids = items.map(({ id }) => id);
  const move = (at: number, to: number) => {
    const moved = [...ids];
    moved.splice(to, 0, ...moved.splice(at, 1));
    onOrder(moved);
  };
  return (
    <div class="ordered">
      <ol aria-label={label}>
        {items.map(({ id, name, note }, at) => (
          <li key={id}>
            <span class="ordered-name">
              <bdi>{name}</bdi>
              {note && <small>{note}</small>}
            </span>
            <button
              type="button"
              class="small"
              aria-label={say("order.up", { name: isolated(name) })}
              disabled={at === 0}
              onClick={() => move(at, at - 1)}
            >
              <Icon name="up" />
            </button>
            <button
              type="button"
              class="small"
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
              onClick={() => onOrder(ids.filter((other) => other !== id))}
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

import type { ListState } from "../../bridge/types";
import { type Key, quoted, say } from "../../words/words";
import { useAssistant } from "../assistant";

interface Props {
  list: ListState | undefined;
  /** How many of it are shown. */
  count: number;
  /** What is said of a list without anything in it. */
  empty: Key;
}

/** How a list of the server is, where there is something to say about it. */
export function ListWords({ list, count, empty }: Props) {
  const online = useAssistant()?.view.state.online;
  const words = () => {
    if (!online) return say("assistant.offline");
    switch (list?.list) {
      case "no-answer":
        return say("assistant.no-answer");
      case "refused":
        return say("assistant.refused", { words: quoted(list.words) });
      case "known":
        return count === 0 ? say(empty) : "";
      default:
        return count === 0 ? say("assistant.asked") : "";
    }
  };
  return (
    <p class={count === 0 ? "empty" : "hint"} role="status">
      {words()}
    </p>
  );
}

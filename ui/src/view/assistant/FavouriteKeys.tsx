import type { AssistantPerson } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { Avatar } from "../Avatar";
import { useAssistant, useDrawn } from "../assistant";
import { useDoing } from "../doing";
import { useAnswer } from "../hooks";
import { Presence } from "./Presence";

/** As many as there are keys of contacts. */
const MOST = 12;

/** One key for each favourite that the server keeps, with how the telephone there is doing. */
export function FavouriteKeys() {
  const { dial } = useDoing();
  const favourites = useFavourites();
  const account = useAssistant()?.view.account ?? null;
  const keys = favourites.flatMap(({ name, numbers, phone }) => {
    const number = numbers[0]?.number;
    return number ? [{ name: name || number, number, phone }] : [];
  });
  return (
    <>
      {keys.slice(0, MOST).map(({ name, number, phone }) => (
        <li key={`${name} ${number}`}>
          <button
            type="button"
            onClick={() => dial(number, { account })}
            title={say("contacts.call", { number: isolated(number) })}
          >
            <Avatar name={name} />
            <span class="favourite-words">
              <bdi>{name}</bdi>
              {phone && <Presence phone={phone} />}
            </span>
          </button>
        </li>
      ))}
    </>
  );
}

/** Those whom the server keeps as favourites. */
export function useFavourites(): readonly AssistantPerson[] {
  const { bridge, failed } = useDoing();
  const assistant = useAssistant();
  useDrawn("favourites", assistant?.asking);
  const account = assistant?.view.account;
  const favourites = useAnswer(
    () => (account === undefined ? Promise.resolve([]) : bridge.assistantFavourites(account)),
    `${assistant?.view.changes.favourites} ${account}`,
    failed,
  );
  return favourites ?? [];
}

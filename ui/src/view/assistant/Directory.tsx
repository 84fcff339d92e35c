import type { AssistantPerson } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useAssistant, useFound } from "../assistant";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { LongList, type Place } from "../LongList";
import { PersonRow } from "../PersonRow";
import { useFavourites } from "./FavouriteKeys";
import { ListWords } from "./ListWords";
import { Presence } from "./Presence";

/** Whom the server knows by a text; its favourites where nobody is looked for. */
export function Directory({ text }: { text: string }) {
  const term = text.trim();
  const state = useAssistant()?.view.state;
  const { people } = useFound(term);
  const favourites = useFavourites();
  const shown = term ? people : favourites;
  return (
    <>
      {!term && favourites.length > 0 && <h3 class="part">{say("dial.favourites")}</h3>}
      <ListWords
        list={term ? state?.directory : state?.favourites}
        count={shown.length}
        empty={term ? "contacts.no-match" : "directory.no-favourites"}
      />
      <LongList
        items={shown}
        whole
        label={say(term ? "assistant.directory" : "dial.favourites")}
        onEnd={() => {}}
        row={(person, place) => <Person key={place["aria-posinset"]} person={person} place={place} />}
      />
    </>
  );
}

function Person({ person, place }: { person: AssistantPerson; place: Place }) {
  const { dial } = useDoing();
  const assistant = useAssistant();
  if (!assistant) return null;
  const { account, state } = assistant.view;
  const { id, numbers, phone, favourite } = person;
  const name = person.name || numbers[0]?.number || "";
  return (
    <PersonRow
      name={name}
      numbers={numbers.map(({ title, number }) => ({ title: title && <bdi>{title}</bdi>, number }))}
      onDial={(number) => dial(number, { account })}
      place={place}
      action={
        id && (
          <button
            type="button"
            class="small favourite"
            aria-pressed={favourite}
            aria-label={say("directory.favourite", { name: isolated(name) })}
            title={say("directory.favourite", { name })}
            disabled={!state.online}
            onClick={() => assistant.asking.ask({ request: "favourite", person: id, on: !favourite })}
          >
            <Icon name="star" />
          </button>
        )
      }
    >
      {phone && <Presence phone={phone} />}
      {person.detail && (
        <small>
          <bdi>{person.detail}</bdi>
        </small>
      )}
    </PersonRow>
  );
}

import { useState } from "preact/hooks";
import type { Contact, ContactForm as FileForm, Snapshot } from "../bridge/types";
import { isolated, type Key, say } from "../words/words";
import { useAssistant } from "./assistant";
import { base64 } from "./base64";
import { nameOf, newContact } from "./ContactForm";
import { useDoing } from "./doing";
import { Search } from "./History";
import { PAGE, usePages } from "./hooks";
import { Icon } from "./icons";
import { LongList, type Place } from "./LongList";
import { PersonRow } from "./PersonRow";
import { useSaving } from "./saving";
import { skippedWords } from "./troubles";

interface Props {
  snapshot: Snapshot;
  /** Lets somebody be written, new or known. */
  onEdit: (contact: Contact) => void;
}

/** Who is known here, and to the server of an account. */
const SOURCES = ["app.contacts", "assistant.directory", "assistant.rooms"] as const;
const SEARCHES = {
  "app.contacts": "contacts.search",
  "assistant.directory": "directory.search",
  "assistant.rooms": "app.search",
} as const satisfies Record<(typeof SOURCES)[number], Key>;

/** Who is known. */
export function Contacts({ snapshot, onEdit }: Props) {
  const { bridge, failed, tell } = useDoing();
  const save = useSaving();
  const [text, setText] = useState("");
  const assistant = useAssistant();
  const [chosen, choose] = useState<(typeof SOURCES)[number]>("app.contacts");
  const source = assistant ? chosen : "app.contacts";
  const { items, whole, more } = usePages<Contact>(
    (after) => bridge.contacts({ text, favourites: false, limit: PAGE, skip: after.length }),
    text,
    snapshot.changes.contacts,
    failed,
  );

  const importFile = async (file: File) => {
    try {
      const form: FileForm = /\.csv$/i.test(file.name) ? "csv" : "v-card";
      const report = await bridge.importContacts(form, await base64(file));
      const words = say("contacts.imported", { added: report.added, updated: report.updated });
      const [first] = report.skipped;
      const count = report.skipped.length + report.more_skipped;
      tell(first ? `${words}. ${say("contacts.skipped", { count })}. ${skippedWords(first)}` : words);
    } catch (thrown) {
      failed(thrown);
    }
  };
  return (
    <section class="list-view" aria-label={say("app.contacts")}>
      <div class="list-tools">
        {assistant && (
          <fieldset class="choice" aria-label={say("app.contacts")}>
            {SOURCES.map((name) => (
              <button key={name} type="button" aria-pressed={source === name} onClick={() => choose(name)}>
                {say(name)}
              </button>
            ))}
          </fieldset>
        )}
        <Search text={text} label={say(SEARCHES[source])} onText={setText} />
        {source === "app.contacts" && (
          <button type="button" class="primary" onClick={() => onEdit(newContact())}>
            <Icon name="add" />
            {say("contacts.new")}
          </button>
        )}
      </div>
      {assistant && source === "assistant.directory" && <assistant.views.Directory text={text} />}
      {assistant && source === "assistant.rooms" && <assistant.views.Rooms text={text} />}
      {source === "app.contacts" && (
        <>
          <details class="more">
            <summary>{say("contacts.files")}</summary>
            <div class="row">
              <label class="file">
                {say("contacts.import")}
                <input
                  type="file"
                  accept=".vcf,.vcard,.csv"
                  onChange={(event) => {
                    const file = event.currentTarget.files?.[0];
                    if (file) void importFile(file);
                    event.currentTarget.value = "";
                  }}
                />
              </label>
              <button type="button" class="quiet" onClick={() => save({ what: "contacts", form: "v-card" })}>
                {say("contacts.export-vcard")}
              </button>
              <button type="button" class="quiet" onClick={() => save({ what: "contacts", form: "csv" })}>
                {say("contacts.export-csv")}
              </button>
            </div>
          </details>
          {items?.length === 0 && <p class="empty">{say(text ? "contacts.no-match" : "contacts.empty")}</p>}
          <LongList
            items={items ?? []}
            whole={whole}
            onEnd={more}
            row={(contact, place) => (
              <Entry key={contact.id} contact={contact} place={place} onEdit={() => onEdit(contact)} />
            )}
          />
        </>
      )}
    </section>
  );
}

interface EntryProps {
  contact: Contact;
  place: Place;
  onEdit: () => void;
}

function Entry({ contact, place, onEdit }: EntryProps) {
  const { dial } = useDoing();
  const name = nameOf(contact);
  return (
    <PersonRow
      name={name}
      mark={contact.favourite && <Icon name="star" />}
      numbers={contact.numbers.map(({ kind, number }) => ({ title: say(`kind.${kind}`), number }))}
      onDial={(number) => dial(number)}
      place={place}
      action={
        <button
          type="button"
          class="small edit"
          aria-label={say("contacts.edit", { name: isolated(name) })}
          title={say("app.edit")}
          onClick={onEdit}
        >
          <Icon name="edit" />
        </button>
      }
    >
      <small>
        <bdi>{contact.organisation}</bdi>
      </small>
    </PersonRow>
  );
}

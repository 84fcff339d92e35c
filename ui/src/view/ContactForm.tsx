import { useState } from "preact/hooks";
import type { Contact, ContactNumber, NumberKind } from "../bridge/types";
import { isolated, say } from "../words/words";
import { useDoing } from "./doing";
import { focusBeside } from "./focus";
import { Icon } from "./icons";
import { refusalWords } from "./refusals";
import { Sheet } from "./Sheet";

const KINDS: readonly NumberKind[] = ["work", "mobile", "home", "sip", "other"];

interface Props {
  contact: Contact;
  onClose: () => void;
}

/** An empty contact, or one with a name and number to begin with. */
export function newContact(name = "", number = ""): Contact {
  return {
    id: null,
    name,
    organisation: "",
    numbers: [{ kind: "work", number }],
    favourite: false,
    lamp: false,
    note: "",
  };
}

/** One contact, to be written, over the list that it is from. */
export function ContactForm({ contact, onClose }: Props) {
  const { bridge, failed, tell } = useDoing();
  const [draft, setDraft] = useState(contact);
  const [problem, setProblem] = useState("");
  const [opener] = useState(() => document.activeElement);
  const change = (part: Partial<Contact>) => setDraft({ ...draft, ...part });
  const changeNumber = (at: number, part: Partial<ContactNumber>) =>
    change({ numbers: draft.numbers.map((number, i) => (i === at ? { ...number, ...part } : number)) });

  const save = async (event: Event) => {
    event.preventDefault();
    const numbers = draft.numbers.filter(({ number }) => number.trim());
    if (!draft.name.trim() && numbers.length === 0) {
      setProblem(say("refused.contact-nameless"));
      return;
    }
    try {
      await bridge.saveContact({ ...draft, numbers });
      onClose();
    } catch (thrown) {
      setProblem(refusalWords(thrown));
    }
  };

  const remove = async (id: number) => {
    onClose();
    // As long as the dialog is there, nothing behind it can have the focus.
    while (document.querySelector("dialog[open]")) await new Promise(requestAnimationFrame);
    if (opener instanceof HTMLElement) focusBeside(opener, ".edit");
    try {
      await bridge.deleteContact(id);
      tell(say("contacts.deleted", { name: isolated(nameOf(contact)) }), {
        label: say("app.undo"),
        run: () => void bridge.saveContact({ ...contact, id: null }).catch(failed),
      });
    } catch (thrown) {
      failed(thrown);
    }
  };

  const { id } = contact;
  const title = id === null ? say("contacts.new") : say("contacts.edit", { name: isolated(nameOf(contact)) });
  return (
    <Sheet writes title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => void save(event)}>
        <Text label={say("contacts.name")} value={draft.name} onText={(name) => change({ name })} />
        <Text
          label={say("contacts.organisation")}
          value={draft.organisation}
          onText={(organisation) => change({ organisation })}
        />
        {draft.numbers.map((number, at) => (
          <div class="number-row" key={at}>
            <Text
              label={say("contacts.number")}
              value={number.number}
              onText={(text) => changeNumber(at, { number: text })}
            />
            <label>
              <span>{say("contacts.kind")}</span>
              <select
                value={number.kind}
                onChange={(event) => changeNumber(at, { kind: event.currentTarget.value as NumberKind })}
              >
                {KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {say(`kind.${kind}`)}
                  </option>
                ))}
              </select>
            </label>
            <button
              type="button"
              class="small"
              aria-label={say("contacts.remove-number")}
              onClick={(event) => {
                event.currentTarget.closest("form")?.querySelector<HTMLElement>(".add-number")?.focus();
                change({ numbers: draft.numbers.filter((_, i) => i !== at) });
              }}
            >
              <Icon name="close" />
            </button>
          </div>
        ))}
        <button
          type="button"
          class="quiet add-number"
          onClick={(event) => {
            const form = event.currentTarget.closest("form");
            change({ numbers: [...draft.numbers, { kind: "work", number: "" }] });
            requestAnimationFrame(() =>
              [...(form?.querySelectorAll<HTMLElement>(".number-row input") ?? [])].at(-1)?.focus(),
            );
          }}
        >
          <Icon name="add" />
          {say("contacts.add-number")}
        </button>
        <label class="check">
          <input
            type="checkbox"
            checked={draft.favourite}
            onChange={(event) => change({ favourite: event.currentTarget.checked })}
          />
          {say("contacts.favourite")}
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={draft.lamp}
            onChange={(event) => change({ lamp: event.currentTarget.checked })}
          />
          {say("contacts.lamp")}
        </label>
        <label>
          <span>{say("contacts.note")}</span>
          <textarea value={draft.note} rows={3} onInput={(event) => change({ note: event.currentTarget.value })} />
        </label>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="row">
          <button type="submit" class="primary">
            {say("app.save")}
          </button>
          <button type="button" onClick={onClose}>
            {say("app.cancel")}
          </button>
          {id !== null && (
            <button type="button" class="danger" onClick={() => void remove(id)}>
              {say("app.delete")}
            </button>
          )}
        </div>
      </form>
    </Sheet>
  );
}

function Text({ label, value, onText }: { label: string; value: string; onText: (text: string) => void }) {
  return (
    <label>
      <span>{label}</span>
      <input type="text" value={value} maxLength={255} onInput={(event) => onText(event.currentTarget.value)} />
    </label>
  );
}

/** What somebody is called: not everybody has a name. */
export function nameOf({ name, organisation, numbers }: Contact): string {
  return name || organisation || numbers[0]?.number || "";
}

import { useState } from "preact/hooks";
import type { Contact, ContactNumber, NumberKind } from "../bridge/types";
import { isolated, say } from "../words/words";
import { useDoing } from "./doing";
import { Icon } from "./icons";
import { refusalWords } from "./refusals";

const KINDS: readonly NumberKind[] = ["work", "mobile", "home", "sip", "other"];

interface Props {
  contact: Contact;
  onClose: () => void;
  onDelete?: (() => void) | undefined;
}

/** One contact, to be written. */
export function ContactForm({ contact, onClose, onDelete }: Props) {
  const { bridge } = useDoing();
  const [draft, setDraft] = useState(contact);
  const [problem, setProblem] = useState("");
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

  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      <h2>{contact.id === null ? say("contacts.new") : say("contacts.edit", { name: isolated(contact.name) })}</h2>
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
            onClick={() => change({ numbers: draft.numbers.filter((_, i) => i !== at) })}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button
        type="button"
        class="quiet"
        onClick={() => change({ numbers: [...draft.numbers, { kind: "work", number: "" }] })}
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
        {onDelete && (
          <button type="button" class="danger" onClick={onDelete}>
            {say("app.delete")}
          </button>
        )}
      </div>
    </form>
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

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ProvisionOffer } from "../../bridge/types";
import { about, isolated, type Key, say } from "../../words/words";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { refusalWords } from "../refusals";
import { fileWords } from "../troubles";
import { useEditing } from "./editing";
import { fieldWords, valueWords } from "./fieldNames";
import { Group, TextField } from "./fields";
import type { Section } from "./Settings";

/** What stands on a page of the settings, under what others have set there. */
export function Provisioned({ section, children }: { section: Section; children: ComponentChildren }) {
  const { locked, fixed, source, contact, trouble } = useEditing().view.provisioned;
  const isLocked = locked.includes(section);
  if (!isLocked && !fixed.some((name) => name.startsWith(`${section}.`))) return <>{children}</>;
  return (
    <>
      <p class="notice-line" role="note">
        <Icon name="lock" />
        {trouble !== null
          ? say("trouble.rules-unread", { file: isolated(source), why: fileWords(trouble) })
          : `${say(isLocked ? "provision.locked" : "provision.some")} ${isolated(source)}`}
        {contact && ` · ${isolated(contact)}`}
      </p>
      {/* The passwords of accounts are the user's own. */}
      {isLocked && section !== "accounts" ? (
        <fieldset class="locked" disabled>
          {children}
        </fieldset>
      ) : (
        children
      )}
    </>
  );
}

type Answer = Promise<ProvisionOffer | null>;

/** Settings from a web server: what it would change is shown before it does. */
export function ProvisioningGroup() {
  const { bridge } = useDoing();
  const { view, reset } = useEditing();
  const known = view.provisioned.url;
  const [url, type] = useState("");
  const [offer, show] = useState<ProvisionOffer | null>(null);
  const [problem, complain] = useState("");
  const run = async (act: () => Answer) => {
    try {
      show(await act());
      complain("");
      reset();
    } catch (thrown) {
      complain(refusalWords(thrown));
    }
  };
  return (
    <Group title={say("provision.title")}>
      {known ? (
        <p>
          <bdi>{known}</bdi>
        </p>
      ) : (
        <TextField
          label={say("provision.url")}
          value={url}
          problem={problem}
          onText={(text) => {
            type(text);
            show(null);
          }}
        />
      )}
      {offer && (
        <ul class="changes">
          {offer.changes.map(({ field, before, after }) => (
            <li key={field}>
              {about(fieldWords(field), valueWords(field, after))}
              <small>{say("provision.before", { value: valueWords(field, before) })}</small>
            </li>
          ))}
          {offer.locked.map((page) => (
            <li key={page}>{say("provision.lock", { page: say(`settings.${page}` as Key) })}</li>
          ))}
        </ul>
      )}
      {known ? (
        <button type="button" onClick={() => void run(() => bridge.forgetProvisioning().then(() => null))}>
          {say("provision.forget")}
        </button>
      ) : offer ? (
        <button
          type="button"
          class="primary"
          onClick={() => void run(() => bridge.acceptProvisioning(offer.url).then(() => null))}
        >
          {say("provision.accept")}
        </button>
      ) : (
        <button type="button" disabled={!url} onClick={() => void run(() => bridge.offerProvisioning(url))}>
          {say("provision.show")}
        </button>
      )}
    </Group>
  );
}

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AccountTrial, FieldProblem, KeptWhere, SecretKey } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useDoing } from "../doing";
import { useFocusAfter } from "../focus";
import { Icon } from "../icons";
import { useKept } from "../kept";
import { problemWords, refusalWords } from "../refusals";
import { useEditing, useKeeping, wordsOf } from "./editing";
import { TextField } from "./fields";
import { AccountSteps } from "./TrialSteps";
import type { WholeAccount } from "./whole";

/** A secret that was typed, and the key under which it is kept. */
export type TypedSecret = readonly [key: SecretKey, value: string];

/** An account while it is typed: checked at each change, tried, and saved with its secrets, which never come out again. */
export function useDraft(given: WholeAccount, isNew: boolean, onClose: () => void) {
  const { bridge, failed } = useDoing();
  const { settings, view, reset } = useEditing();
  const keep = useKeeping();
  const [account, setAccount] = useKept("account.draft", given);
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const [message, setMessage] = useState("");
  const [trial, setTrial] = useState<AccountTrial | "running" | null>(null);

  const withThis = (changed: WholeAccount) => ({
    ...settings,
    accounts: isNew
      ? [...settings.accounts, changed]
      : settings.accounts.map((other) => (other.id === given.id ? changed : other)),
  });
  const change = (changed: WholeAccount) => {
    setAccount(changed);
    setTrial(null);
    bridge.checkSettings(withThis(changed)).then(setProblems, failed);
  };
  const problem = (name: string) => wordsOf(problems, `accounts.${account.id}.${name}`);
  const kept = (secret: SecretKey["secret"]): KeptWhere =>
    view.secrets.find(({ key }) => key.secret === secret && key.account === given.id)?.kept ?? "nowhere";

  const run = async (secret: string) => {
    setTrial("running");
    try {
      setTrial(await bridge.tryAccount(account, secret || null));
    } catch (thrown) {
      setTrial(null);
      failed(thrown);
    }
  };
  const save = async (secrets: readonly TypedSecret[]) => {
    try {
      const found = await bridge.saveSettings(withThis(account));
      setProblems(found);
      const elsewhere = found.find(({ field }) => !field.startsWith(`accounts.${account.id}.`));
      setMessage(elsewhere ? problemWords(elsewhere) : "");
      if (found.length > 0) return;
      for (const [key, value] of secrets) {
        if (value) await keep(key, value);
      }
      reset();
      onClose();
    } catch (thrown) {
      setMessage(refusalWords(thrown));
    }
  };
  const forget = (key: SecretKey) => void bridge.forgetSecret(key).then(reset, failed);
  return { account, change, problem, kept, trial, run, save, forget, message };
}

interface FormProps {
  draft: ReturnType<typeof useDraft>;
  isNew: boolean;
  /** What stands above a new one. */
  title: string;
  /** The secret that the trial is to use, where one is typed. */
  secret: string;
  secrets: () => readonly TypedSecret[];
  onClose: () => void;
  children: ComponentChildren;
}

/** The form around the fields of an account. */
export function AccountFrame({ draft, isNew, title, secret, secrets, onClose, children }: FormProps) {
  const { account, trial, message } = draft;
  const form = useRef<HTMLFormElement>(null);
  const top = useRef<HTMLHeadingElement>(null);
  const [forPassword] = useKept("account.for-password", false);
  useEffect(() => {
    const password = forPassword ? form.current?.querySelector<HTMLInputElement>("input[type=password]") : null;
    (password ?? top.current)?.focus();
  }, []);
  useFocusAfter(form, `[data-account="${CSS.escape(account.id)}"] .edit, .add-account`);
  return (
    <form
      ref={form}
      class="account-form"
      onSubmit={(event) => {
        event.preventDefault();
        void draft.save(secrets());
      }}
    >
      <h3 ref={top} tabIndex={-1}>
        {isNew ? title : say("accounts.edit", { name: isolated(account.id) })}
      </h3>
      {isNew && (
        <TextField
          label={say("accounts.name")}
          hint={say("accounts.name-hint")}
          problem={draft.problem("id")}
          value={account.id}
          onText={(id) => draft.change({ ...account, id })}
        />
      )}
      {children}
      <div class="trial" aria-live="polite">
        {trial === "running" && <p class="hint">{say("trial.running")}</p>}
        {trial !== null && trial !== "running" && <AccountSteps trial={trial} />}
      </div>
      {message && (
        <p class="problem" role="alert">
          {message}
        </p>
      )}
      <div class="row">
        <button type="submit" class="primary">
          {say("app.save")}
        </button>
        <button type="button" disabled={trial === "running"} onClick={() => void draft.run(secret)}>
          <Icon name="check" />
          {say("accounts.try")}
        </button>
        <button type="button" onClick={onClose}>
          {say("app.cancel")}
        </button>
      </div>
    </form>
  );
}

interface SecretProps {
  label: string;
  forget: string;
  value: string;
  kept: KeptWhere;
  onText: (text: string) => void;
  onForget: () => void;
}

/** A field for what goes in and never comes out. */
export function SecretField({ label, forget, value, kept, onText, onForget }: SecretProps) {
  return (
    <div class="with-button">
      <TextField label={label} hint={say(`kept.${kept}`)} secret value={value} onText={onText} />
      {kept !== "nowhere" && (
        <button type="button" class="quiet" onClick={onForget}>
          {forget}
        </button>
      )}
    </div>
  );
}

interface PasswordProps {
  draft: ReturnType<typeof useDraft>;
  value: string;
  onText: (text: string) => void;
}

/** The password of an account that has one. */
export function PasswordField({ draft, value, onText }: PasswordProps) {
  return (
    <SecretField
      label={say("accounts.password")}
      forget={say("accounts.forget")}
      value={value}
      kept={draft.kept("password")}
      onText={onText}
      onForget={() => draft.forget({ secret: "password", account: draft.account.id })}
    />
  );
}

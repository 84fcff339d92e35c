import { useEffect, useRef, useState } from "preact/hooks";
import type { AccountTrial, DtmfMode, FieldProblem, KeptWhere } from "../../bridge/types";
import { isolated, type Key, say } from "../../words/words";
import { useDoing } from "../doing";
import { Icon } from "../icons";
import { messageOf, useEditing } from "./editing";
import { ChoiceField, SwitchField, TextField, wholeNumber } from "./fields";
import { problemWords, wordsOf } from "./problems";
import { TrialSteps } from "./TrialSteps";
import type { WholeAccount, WholeSip } from "./whole";

const DTMF: readonly DtmfMode[] = ["automatic", "rfc4733", "info", "info-dtmf", "in-band"];

interface Props {
  account: WholeAccount;
  isNew: boolean;
  onClose: () => void;
}

/** One SIP account: its fields, a trial of them, and its password, which goes in and never comes out. */
export function AccountForm({ account: given, isNew, onClose }: Props) {
  const { bridge, tell, failed } = useDoing();
  const { settings, view, reset } = useEditing();
  const [account, setAccount] = useState(given);
  const [password, setPassword] = useState("");
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const [message, setMessage] = useState("");
  const [trial, setTrial] = useState<AccountTrial | "running" | null>(null);
  const top = useRef<HTMLHeadingElement>(null);
  useEffect(() => top.current?.focus(), []);
  if (account.provider.kind !== "sip") return null;
  const sip = account.provider;
  const kept = view.secrets.find(({ key }) => key.secret === "password" && key.account === given.id)?.kept ?? "nowhere";

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
  const changeSip = (part: Partial<WholeSip>) => change({ ...account, provider: { ...sip, ...part } });
  const problem = (name: string) => wordsOf(problems, `accounts.${account.id}.${name}`);

  const run = async () => {
    setTrial("running");
    try {
      setTrial(await bridge.tryAccount(account, password || null));
    } catch (thrown) {
      setTrial(null);
      failed(thrown);
    }
  };
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      const found = await bridge.saveSettings(withThis(account));
      setProblems(found);
      const elsewhere = found.find(({ field }) => !field.startsWith(`accounts.${account.id}.`));
      setMessage(elsewhere ? `${elsewhere.field}: ${problemWords(elsewhere)}` : "");
      if (found.length > 0) return;
      if (password) {
        const { because } = await bridge.setSecret({ secret: "password", account: account.id }, password);
        if (because) tell(because);
      }
      reset();
      onClose();
    } catch (thrown) {
      setMessage(messageOf(thrown));
    }
  };
  const forget = () => bridge.forgetSecret({ secret: "password", account: given.id }).then(reset, failed);

  const text = (name: keyof WholeSip & string, hint?: string) => (
    <TextField
      label={say(`accounts.${name.replaceAll("_", "-")}` as Key)}
      hint={hint}
      problem={problem(name)}
      value={String(sip[name])}
      onText={(value) => changeSip({ [name]: value })}
    />
  );
  return (
    <form class="account-form" onSubmit={(event) => void save(event)}>
      <h3 ref={top} tabIndex={-1}>
        {isNew ? say("accounts.new-sip") : say("accounts.edit", { name: isolated(given.id) })}
      </h3>
      {isNew && (
        <TextField
          label={say("accounts.name")}
          hint={say("accounts.name-hint")}
          problem={problem("id")}
          value={account.id}
          onText={(id) => change({ ...account, id })}
        />
      )}
      {text("server", say("accounts.server-hint"))}
      {text("user", say("accounts.user-hint"))}
      <Password value={password} kept={kept} onText={setPassword} onForget={() => void forget()} />
      {text("display_name")}
      <details class="more">
        <summary>{say("accounts.more")}</summary>
        {text("auth_user", say("accounts.auth-user-hint"))}
        {text("domain", say("accounts.domain-hint"))}
        {text("realm")}
        <ChoiceField
          label={say("accounts.dtmf")}
          value={sip.dtmf}
          options={DTMF.map((mode) => [mode, say(`dtmf.${mode}`)] as const)}
          onChoose={(dtmf) => changeSip({ dtmf })}
        />
        <SwitchField
          label={say("accounts.register")}
          hint={say("accounts.register-hint")}
          on={sip.register}
          onSwitch={(register) => changeSip({ register })}
        />
        <TextField
          label={say("accounts.expires")}
          numeric
          problem={problem("expires_s")}
          value={String(sip.expires_s)}
          onText={(value) => changeSip({ expires_s: wholeNumber(value) })}
        />
        {text("voicemail_number", say("accounts.voicemail-hint"))}
        <SwitchField
          label={say("accounts.mwi")}
          hint={say("accounts.mwi-hint")}
          on={sip.mwi}
          onSwitch={(mwi) => changeSip({ mwi })}
        />
        {text("proxy", say("accounts.proxy-hint"))}
        {text("ca_file", say("accounts.ca-file-hint"))}
        <SwitchField
          label={say("accounts.plain")}
          hint={say("accounts.plain-hint")}
          on={sip.allow_plain_ws}
          onSwitch={(allow_plain_ws) => changeSip({ allow_plain_ws })}
        />
      </details>
      <div class="trial" aria-live="polite">
        {trial === "running" && <p class="hint">{say("trial.running")}</p>}
        {trial !== null && trial !== "running" && <TrialSteps of="account" trial={trial} />}
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
        <button type="button" disabled={trial === "running"} onClick={() => void run()}>
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

interface PasswordProps {
  value: string;
  kept: KeptWhere;
  onText: (text: string) => void;
  onForget: () => void;
}

function Password({ value, kept, onText, onForget }: PasswordProps) {
  return (
    <div class="with-button">
      <TextField label={say("accounts.password")} hint={say(`kept.${kept}`)} secret value={value} onText={onText} />
      {kept !== "nowhere" && (
        <button type="button" class="quiet" onClick={onForget}>
          {say("accounts.forget")}
        </button>
      )}
    </div>
  );
}

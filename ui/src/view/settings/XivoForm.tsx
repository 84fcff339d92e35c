import type { XivoGeneration } from "../../bridge/types";
import { type Key, say } from "../../words/words";
import { useKept } from "../kept";
import { DtmfField } from "./DtmfField";
import { AccountFrame, PasswordField, useDraft } from "./draft";
import { ChoiceField, SwitchField, TextField, wholeNumber } from "./fields";
import type { WholeAccount, WholeXivo } from "./whole";

const GENERATIONS: readonly XivoGeneration[] = ["automatic", "a", "b", "c"];

interface Props {
  account: WholeAccount;
  isNew: boolean;
  onClose: () => void;
}

/** One account at a XiVO: server, login and password are all that most need. */
export function XivoForm({ account: given, isNew, onClose }: Props) {
  const draft = useDraft(given, isNew, onClose);
  const [password, setPassword] = useKept("account.password", "");
  const { account, change, problem } = draft;
  if (account.provider.kind !== "xivo") return null;
  const xivo = account.provider;
  const put = (part: Partial<WholeXivo>) => change({ ...account, provider: { ...xivo, ...part } });
  const text = (name: keyof typeof LABELS, hint?: string) => (
    <TextField
      label={say(LABELS[name])}
      hint={hint}
      problem={problem(name)}
      value={xivo[name]}
      onText={(value) => put({ [name]: value })}
    />
  );
  return (
    <AccountFrame
      draft={draft}
      isNew={isNew}
      title={say("accounts.new-xivo")}
      secret={password}
      secrets={() => [[{ secret: "password", account: account.id }, password]]}
      onClose={onClose}
    >
      {text("server", say("xivo.server-hint"))}
      {text("login")}
      <PasswordField draft={draft} value={password} onText={setPassword} />
      {text("display_name")}
      <SwitchField
        label={say("xivo.auto-answer")}
        hint={say("xivo.auto-answer-hint")}
        on={xivo.auto_answer}
        onSwitch={(auto_answer) => put({ auto_answer })}
      />
      <details class="more">
        <summary>{say("accounts.more")}</summary>
        <SwitchField
          label={say("xivo.auto-answer-extended")}
          hint={say("xivo.auto-answer-extended-hint")}
          on={xivo.auto_answer_extended}
          onSwitch={(auto_answer_extended) => put({ auto_answer_extended })}
        />
        <DtmfField label={say("accounts.dtmf")} provider={xivo} onChoose={(dtmf) => put({ dtmf })} />
        {text("voicemail_number", say("accounts.voicemail-hint"))}
        <ChoiceField
          label={say("xivo.generation")}
          value={xivo.generation}
          options={GENERATIONS.map((generation) => [generation, say(`generation.${generation}`)] as const)}
          onChoose={(generation) => put({ generation })}
        />
        {text("sip_host", say("xivo.sip-host-hint"))}
        <TextField
          label={say("xivo.sip-port")}
          numeric
          problem={problem("sip_port")}
          value={String(xivo.sip_port)}
          onText={(value) => put({ sip_port: wholeNumber(value) })}
        />
        {text("software_type", say("xivo.software-type-hint"))}
        {text("application_type", say("xivo.software-type-hint"))}
        {text("proxy", say("accounts.proxy-hint"))}
        {text("ca_file", say("accounts.ca-file-hint"))}
        {text("pin", say("accounts.pin-hint"))}
        <SwitchField
          label={say("accounts.plain")}
          hint={say("xivo.plain-hint")}
          on={xivo.allow_plain}
          onSwitch={(allow_plain) => put({ allow_plain })}
        />
        <SwitchField
          label={say("xivo.log-events")}
          hint={say("xivo.log-events-hint")}
          on={xivo.log_events}
          onSwitch={(log_events) => put({ log_events })}
        />
      </details>
    </AccountFrame>
  );
}

const LABELS = {
  server: "xivo.server",
  login: "xivo.login",
  display_name: "accounts.display-name",
  voicemail_number: "accounts.voicemail-number",
  sip_host: "xivo.sip-host",
  software_type: "xivo.software-type",
  application_type: "xivo.application-type",
  proxy: "accounts.proxy",
  ca_file: "accounts.ca-file",
  pin: "accounts.pin",
} as const satisfies Record<string, Key>;

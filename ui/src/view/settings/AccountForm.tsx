import { type Key, say } from "../../words/words";
import { useKept } from "../kept";
import { DtmfField } from "./DtmfField";
import { AccountFrame, PasswordField, useDraft } from "./draft";
import { SwitchField, TextField, wholeNumber } from "./fields";
import type { WholeAccount, WholeSip } from "./whole";

interface Props {
  account: WholeAccount;
  isNew: boolean;
  onClose: () => void;
}

/** One SIP account: its fields, a trial of them, and its password, which goes in and never comes out. */
export function AccountForm({ account: given, isNew, onClose }: Props) {
  const draft = useDraft(given, isNew, onClose);
  const [password, setPassword] = useKept("account.password", "");
  const { account, change, problem } = draft;
  if (account.provider.kind !== "sip") return null;
  const sip = account.provider;
  const changeSip = (part: Partial<WholeSip>) => change({ ...account, provider: { ...sip, ...part } });
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
    <AccountFrame
      draft={draft}
      isNew={isNew}
      title={say("accounts.new-sip")}
      secret={password}
      secrets={() => [[{ secret: "password", account: account.id }, password]]}
      onClose={onClose}
    >
      {text("server", say("accounts.server-hint"))}
      {text("user", say("accounts.user-hint"))}
      <PasswordField draft={draft} value={password} onText={setPassword} />
      {text("display_name")}
      <details class="more">
        <summary>{say("accounts.more")}</summary>
        {text("auth_user", say("accounts.auth-user-hint"))}
        {text("domain", say("accounts.domain-hint"))}
        {text("realm")}
        <DtmfField label={say("accounts.dtmf")} provider={sip} onChoose={(dtmf) => changeSip({ dtmf })} />
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
        {text("park_number", say("accounts.park-hint"))}
        {text("pickup_code", say("accounts.pickup-hint"))}
        <SwitchField
          label={say("accounts.mwi")}
          hint={say("accounts.mwi-hint")}
          on={sip.mwi}
          onSwitch={(mwi) => changeSip({ mwi })}
        />
        {text("proxy", say("accounts.proxy-hint"))}
        {text("ca_file", say("accounts.ca-file-hint"))}
        {text("pin", say("accounts.pin-hint"))}
        <SwitchField
          label={say("accounts.plain")}
          hint={say("accounts.plain-hint")}
          on={sip.allow_plain_ws}
          onSwitch={(allow_plain_ws) => changeSip({ allow_plain_ws })}
        />
      </details>
    </AccountFrame>
  );
}

import type { Account, IceServer, Provider, Settings, SipAccount } from "../../bridge/types";

/** A value with every field there. */
type Filled<T> = T extends readonly (infer Item)[]
  ? Filled<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Filled<T[Key]> }
    : T;

export type WholeSettings = Filled<Settings>;
export type WholeAccount = Filled<Account>;
export type WholeSip = Extract<WholeAccount["provider"], { kind: "sip" }>;

/** The settings as the phone sends them: it leaves out only what is empty in an account. */
export function whole(settings: Settings): WholeSettings {
  return { ...settings, accounts: (settings.accounts ?? []).map(wholeAccount) } as WholeSettings;
}

function wholeAccount(account: Account): WholeAccount {
  return { id: account.id, enabled: account.enabled ?? true, provider: wholeProvider(account.provider) };
}

function wholeProvider(provider: Provider): WholeAccount["provider"] {
  return provider.kind === "sip" ? wholeSip(provider) : provider;
}

/** A SIP account with everything that was left out as the phone has it by default. */
export function wholeSip(sip: SipAccount): WholeSip {
  return {
    domain: "",
    display_name: "",
    auth_user: "",
    realm: "",
    ca_file: "",
    allow_plain_ws: false,
    proxy: "",
    register: true,
    expires_s: 600,
    voicemail_number: "",
    mwi: true,
    dtmf: "automatic",
    ice_policy: "all",
    ...sip,
    ice_servers: (sip.ice_servers ?? []).map(wholeServer),
    kind: "sip",
  };
}

function wholeServer({ url, username }: IceServer): Filled<IceServer> {
  return { url, username: username ?? "" };
}

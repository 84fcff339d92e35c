import type {
  Account,
  AculabAccount,
  AculabInterface,
  IceServer,
  Provider,
  Settings,
  SipAccount,
  TokenSource,
  XivoAccount,
} from "../../bridge/types";

/** A value with every field there. */
type Filled<T> = T extends readonly (infer Item)[]
  ? Filled<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Filled<T[Key]> }
    : T;

export type WholeSettings = Filled<Settings>;
export type WholeAccount = Filled<Account>;
export type WholeSip = Extract<WholeAccount["provider"], { kind: "sip" }>;
export type WholeSource = Extract<WholeAculab["interface"], { version: "v2" }>["token_source"];
export type WholeXivo = Extract<WholeAccount["provider"], { kind: "xivo" }>;
export type WholeAculab = Extract<WholeAccount["provider"], { kind: "aculab" }>;

/** The settings as the phone sends them: it leaves out only what is empty in an account. */
export function whole(settings: Settings): WholeSettings {
  return { ...settings, accounts: (settings.accounts ?? []).map(wholeAccount) } as WholeSettings;
}

function wholeAccount(account: Account): WholeAccount {
  return { id: account.id, enabled: account.enabled ?? true, provider: wholeProvider(account.provider) };
}

function wholeProvider(provider: Provider): WholeAccount["provider"] {
  switch (provider.kind) {
    case "practice":
      return provider;
    case "sip":
      return wholeSip(provider);
    case "aculab":
      return wholeAculab(provider);
    case "xivo":
      return wholeXivo(provider);
  }
}

/** A SIP account with everything that was left out as the phone has it by default. */
export function wholeSip(sip: SipAccount): WholeSip {
  return {
    domain: "",
    display_name: "",
    auth_user: "",
    realm: "",
    ca_file: "",
    pin: "",
    allow_plain_ws: false,
    proxy: "",
    register: true,
    expires_s: 600,
    voicemail_number: "",
    park_number: "",
    pickup_code: "",
    mwi: true,
    dtmf: "automatic",
    ice_policy: "all",
    ...sip,
    ice_servers: (sip.ice_servers ?? []).map(wholeServer),
    kind: "sip",
  };
}

/** An account at Aculab Cloud with everything that was left out as the phone has it by default. */
export function wholeAculab(aculab: AculabAccount): WholeAculab {
  return {
    server: "",
    web_services: "",
    ca_file: "",
    pin: "",
    proxy: "",
    origin: "",
    user_agent: "",
    ice_policy: "all",
    ...aculab,
    ice_servers: aculab.ice_servers?.map(wholeServer) ?? null,
    log_level: aculab.log_level ?? null,
    interface: wholeInterface(aculab.interface),
    kind: "aculab",
  };
}

/** An account at a XiVO with everything that was left out as the phone has it by default. */
export function wholeXivo(xivo: XivoAccount): WholeXivo {
  return {
    display_name: "",
    ca_file: "",
    pin: "",
    allow_plain: false,
    proxy: "",
    sip_host: "",
    sip_port: 0,
    generation: "automatic",
    software_type: "",
    application_type: "",
    auto_answer: true,
    auto_answer_extended: false,
    voicemail_number: "*98",
    dtmf: "info",
    ice_policy: "all",
    log_events: false,
    ...xivo,
    ice_servers: xivo.ice_servers?.map(wholeServer) ?? null,
    kind: "xivo",
  };
}

export function wholeInterface(given: AculabInterface): WholeAculab["interface"] {
  if (given.version === "v1") return { service: "", other_ids: [], ...given };
  const { token_source = { source: "pasted" } } = given;
  return { accept_calls: true, max_concurrent: 1, ring_for_s: 60, ...given, token_source: wholeSource(token_source) };
}

export function wholeSource(given: TokenSource): WholeSource {
  return given.source === "web-services" ? { lifetime_s: 3600, callable: "", ...given } : given;
}

function wholeServer({ url, username }: IceServer): Filled<IceServer> {
  return { url, username: username ?? "" };
}

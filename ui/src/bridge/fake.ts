// A phone that is made up, for tests and for looking at the page in a browser. Not part of the program.
import type { About, Bridge, Export, IncomingAction, IncomingBridge, Metered, Stop } from "./bridge";
import { assist } from "./fake-assistant";
import { SOME_CHECKS, SOME_STORIES, SOME_TRACE } from "./fake-diagnosis";
import { SOME_DEVICES, someSettings } from "./fake-settings";
import { someSnapshot } from "./fake-snapshot";
import { SOME_ICE_TRIAL, SOME_TRIAL } from "./fake-trials";
import type {
  Account,
  AccountId,
  AccountTrial,
  AssistantCall,
  AssistantMeeting,
  AssistantPerson,
  AssistantRoom,
  CallId,
  CallStory,
  Check,
  CloudClient,
  Command,
  Contact,
  DevicesView,
  EventProgram,
  FieldProblem,
  HistoryEntry,
  IceTrial,
  ImportReport,
  LadderRow,
  Levels,
  ProvisionOffer,
  ProvisionView,
  Refusal,
  SecretKept,
  SecretKey,
  ServiceRow,
  Settings,
  SettingsView,
  Snapshot,
  TokenOrder,
  TraceRow,
} from "./types";

/** What each kind of account keeps. */
const SECRETS = { practice: [], sip: ["password"], aculab: ["token", "api-key"], xivo: ["password"] } as const;

const NOT_PROVISIONED: ProvisionView = { locked: [], fixed: [], source: "", contact: "", trouble: null, url: null };

/** A phone that keeps what it is told and shows what it is given. */
export class FakePhone implements Bridge {
  readonly sent: Command[] = [];
  readonly asked: string[] = [];
  snapshot: Snapshot;
  entries: HistoryEntry[] = [];
  known: Contact[] = [];
  remembered: AssistantCall[] = [];
  /** Everybody whom the server knows. */
  everybody: AssistantPerson[] = [];
  found: AssistantPerson[] = [];
  favourites: AssistantPerson[] = [];
  rooms: AssistantRoom[] = [];
  meetings: AssistantMeeting[] = [];
  target: string | null = null;
  kept = someSettings();
  locked: Refusal | null = null;
  provisioned: ProvisionView = NOT_PROVISIONED;
  programs: EventProgram[] = [];
  devices: DevicesView = SOME_DEVICES;
  trial: AccountTrial = SOME_TRIAL;
  levels: Levels = {
    microphone_dbfs: -24,
    speaker_dbfs: -30,
    calls: [1, 2, 3, 4].map((call) => ({ call, in_dbfs: -22, out_dbfs: -30 })),
  };
  iceTrial: IceTrial = SOME_ICE_TRIAL;
  readonly saved: Settings[] = [];
  private meters = new Set<(levels: Levels) => void>();
  private readonly passwords = new Set<string>();
  private drawers = new Set<(snapshot: Snapshot) => void>();
  private takers = new Set<(target: string) => void>();
  /** Who hears that the window of a ringing call asks where its caller is to be sent. */
  readonly redirects = new Set<(call: CallId) => void>();

  constructor(snapshot: Snapshot = someSnapshot()) {
    this.snapshot = snapshot;
  }

  show(part: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...part, revision: this.snapshot.revision + 1 };
    for (const draw of this.drawers) draw(this.snapshot);
  }

  link(target: string): void {
    for (const take of this.takers) take(target);
  }

  follow(draw: (snapshot: Snapshot) => void): Stop {
    this.drawers.add(draw);
    draw(this.snapshot);
    return () => this.drawers.delete(draw);
  }

  onTarget(take: (target: string) => void): Stop {
    this.takers.add(take);
    return () => this.takers.delete(take);
  }

  onRedirect(take: (call: CallId) => void): Stop {
    this.redirects.add(take);
    return () => this.redirects.delete(take);
  }

  async send(command: Command): Promise<void> {
    this.sent.push(command);
    if (command.command === "assist") assist(this, command.account, command.request);
  }

  async about(): Promise<About> {
    return {
      version: "0.1.0",
      data_folder: "~/.local/share/sidetone",
      desktop: { tray: true, session: "x11" },
      updates: true,
      first_target: this.target,
      first_redirect: null,
    };
  }

  async showFolder(which: "data"): Promise<void> {
    this.asked.push(`showFolder ${which}`);
  }

  async history(query: Parameters<Bridge["history"]>[0]): Promise<HistoryEntry[]> {
    const wanted = this.entries.filter((entry) => {
      const text = `${entry.remote.name} ${entry.remote.number}`.toLowerCase();
      return text.includes((query.text ?? "").toLowerCase()) && (query.only !== "missed" || entry.outcome === "missed");
    });
    const after = query.before == null ? 0 : wanted.findIndex(({ id }) => id === query.before) + 1;
    return wanted.slice(after, after + (query.limit ?? 0));
  }

  async deleteHistory(ids: number[]): Promise<void> {
    this.asked.push(`deleteHistory ${ids.join(",")}`);
    this.entries = this.entries.filter(({ id }) => !ids.includes(id));
    this.changed("history");
  }

  async clearHistory(): Promise<void> {
    this.asked.push("clearHistory");
    this.entries = [];
    this.changed("history");
  }

  async markSeen(): Promise<void> {
    this.asked.push("markSeen");
    this.show({ missed: 0 });
  }

  async contacts(query: Parameters<Bridge["contacts"]>[0]): Promise<Contact[]> {
    const wanted = this.known.filter(
      (contact) =>
        contact.name.toLowerCase().includes((query.text ?? "").toLowerCase()) &&
        (!query.favourites || contact.favourite),
    );
    const skip = query.skip ?? 0;
    return wanted.slice(skip, skip + (query.limit ?? 0));
  }

  async saveContact(contact: Contact): Promise<number> {
    this.asked.push(`saveContact ${contact.name}`);
    const id = contact.id ?? this.known.length + 1;
    this.known = [...this.known.filter((other) => other.id !== id), { ...contact, id }];
    this.changed("contacts");
    return id;
  }

  async deleteContact(id: number): Promise<void> {
    this.asked.push(`deleteContact ${id}`);
    this.known = this.known.filter((contact) => contact.id !== id);
    this.changed("contacts");
  }

  async importContacts(form: string, file: string): Promise<ImportReport> {
    this.asked.push(`importContacts ${form} ${atob(file).length}`);
    const nameless = { line: 7, fault: { code: "contact" as const, refusal: { code: "contact-nameless" as const } } };
    return { added: 2, updated: 1, skipped: [nameless], more_skipped: 0 };
  }

  async suggest(text: string) {
    const matching = this.known.filter(
      ({ name, numbers }) =>
        name.toLowerCase().includes(text.toLowerCase()) || numbers.some(({ number }) => number.includes(text)),
    );
    return matching.slice(0, 8).map(({ name, numbers }) => ({
      name,
      number: numbers[0]?.number ?? "",
      from: "contact" as const,
    }));
  }

  async assistantHistory(account: AccountId): Promise<AssistantCall[]> {
    this.asked.push(`assistantHistory ${account}`);
    return this.remembered;
  }

  async assistantDirectory(account: AccountId): Promise<AssistantPerson[]> {
    this.asked.push(`assistantDirectory ${account}`);
    return this.found;
  }

  async assistantFavourites(account: AccountId): Promise<AssistantPerson[]> {
    this.asked.push(`assistantFavourites ${account}`);
    return this.favourites;
  }

  async assistantRooms(account: AccountId): Promise<AssistantRoom[]> {
    this.asked.push(`assistantRooms ${account}`);
    return this.rooms;
  }

  async assistantMeetings(account: AccountId): Promise<AssistantMeeting[]> {
    this.asked.push(`assistantMeetings ${account}`);
    return this.meetings;
  }

  async settings(): Promise<SettingsView> {
    return {
      settings: this.kept,
      secrets: this.kept.accounts.flatMap(({ id, provider }) =>
        SECRETS[provider.kind].map((secret) => ({
          key: { secret, account: id },
          kept: this.passwords.has(id) ? ("key-store" as const) : ("nowhere" as const),
        })),
      ),
      locked: this.locked,
      provisioned: this.provisioned,
    };
  }

  async installUpdate(): Promise<void> {
    this.asked.push("installUpdate");
  }

  async offerProvisioning(url: string): Promise<ProvisionOffer> {
    if (!url.startsWith("https://")) throw { code: "not-https" } satisfies Refusal;
    return { url, changes: [{ field: "calls.record", before: "on-request", after: "off" }], locked: ["network"] };
  }

  async acceptProvisioning(url: string): Promise<void> {
    this.provisioned = { ...this.provisioned, url, source: url, fixed: ["calls.record"], locked: ["network"] };
    this.changed("settings");
  }

  async forgetProvisioning(): Promise<void> {
    this.provisioned = NOT_PROVISIONED;
    this.changed("settings");
  }

  /** As the phone does it, for some fields. */
  async checkSettings(settings: Settings): Promise<FieldProblem[]> {
    const problems: FieldProblem[] = [];
    for (const { id, provider } of settings.accounts ?? []) {
      if (!id) problems.push({ field: `accounts.${id}.id`, fault: { code: "not-a-name" } });
      if (provider.kind !== "sip") continue;
      if (!/^wss?:/.test(provider.server) && (!provider.server || provider.server.includes("://"))) {
        problems.push({
          field: `accounts.${id}.server`,
          fault: { code: "not-an-address", like: "pbx.example.com, wss://host:port/path" },
        });
      }
      if (!provider.user) problems.push({ field: `accounts.${id}.user`, fault: { code: "missing" } });
      (provider.ice_servers ?? []).forEach(({ url, username }, at) => {
        if (url.startsWith("turn") && !username) {
          problems.push({
            field: `accounts.${id}.ice_servers.${at}.username`,
            fault: { code: "turn-user" },
          });
        }
      });
    }
    if (settings.calls?.limit === 0) problems.push({ field: "calls.limit", fault: { code: "none" } });
    return problems;
  }

  async saveSettings(settings: Settings): Promise<FieldProblem[]> {
    const problems = await this.checkSettings(settings);
    if (problems.length > 0) return problems;
    this.saved.push(settings);
    this.kept = { ...this.kept, ...settings };
    this.changed("settings");
    return [];
  }

  async eventPrograms(): Promise<EventProgram[]> {
    return this.programs;
  }

  async saveEventPrograms(programs: EventProgram[]): Promise<FieldProblem[]> {
    const at = programs.findIndex(({ program }) => !program.startsWith("/"));
    if (at >= 0) return [{ field: `programs.${at}.program`, fault: { code: "not-a-whole-path" } }];
    this.programs = programs;
    return [];
  }

  async keepRingtone(name: string, sound: string): Promise<string> {
    this.asked.push(`keepRingtone ${name} ${sound}`);
    return `/data/ringtones/${name}`;
  }

  async setSecret(key: SecretKey, value: string): Promise<SecretKept> {
    this.asked.push(`setSecret ${key.secret} ${key.account} ${value.length}`);
    this.passwords.add(key.account);
    this.changed("settings");
    return { kept: "key-store", because: null };
  }

  async forgetSecret(key: SecretKey): Promise<void> {
    this.asked.push(`forgetSecret ${key.secret} ${key.account}`);
    this.passwords.delete(key.account);
    this.changed("settings");
  }

  async tryAccount(account: Account, password: string | null): Promise<AccountTrial> {
    this.asked.push(`tryAccount ${account.id} ${password === null ? "kept" : "given"}`);
    return this.trial;
  }

  async tryIce(account: Account, url: string, credential: string | null): Promise<IceTrial> {
    this.asked.push(`tryIce ${account.id} ${url} ${credential === null ? "kept" : "given"}`);
    return this.iceTrial;
  }

  /** Who is registered at the cloud, or why it does not say. */
  cloudClients: CloudClient[] | Refusal = [];

  async registeredClients(account: AccountId): Promise<CloudClient[]> {
    this.asked.push(`registeredClients ${account}`);
    if ("code" in this.cloudClients) throw this.cloudClients;
    return this.cloudClients;
  }

  async orderToken(account: AccountId, order: TokenOrder): Promise<void> {
    this.asked.push(`orderToken ${account} ${JSON.stringify(order)}`);
  }

  /** What is found when somebody looks for a fault. */
  checks: Check[] = SOME_CHECKS;
  stories: CallStory[] = SOME_STORIES;
  messages: TraceRow[] = SOME_TRACE;
  bundle = "Sidetone 0.1.0 on linux x86_64\n\n== accounts ==\noffice: SIP over wss\n";
  /** Where files are saved; null: the dialog is closed without one. */
  saves: string | null = "~/sidetone-support.txt";
  /** What services have told. */
  serviceEvents: ServiceRow[] = [];
  private drawServiceEvents: (rows: ServiceRow[]) => void = () => {};
  /** Why a key is not accepted. */
  keyTrouble: Refusal | null = null;

  async trace(search: string): Promise<TraceRow[]> {
    return this.messages.filter(({ text, title }) => `${title} ${text}`.toLowerCase().includes(search.toLowerCase()));
  }

  async ladder(call: CallId): Promise<LadderRow[]> {
    const story = this.stories.find((told) => told.call === call);
    const named = (code: string) => (/^(?:message|offline|registered)$/.test(code) ? (story?.account ?? "") : "");
    return (story?.steps ?? []).map(({ at_ms, fact }) => ({ at_ms, account: named(fact.code), fact }));
  }

  async callStories(): Promise<CallStory[]> {
    return this.stories;
  }

  async diagnose(account: AccountId): Promise<Check[]> {
    this.asked.push(`diagnose ${account}`);
    return this.checks;
  }

  async supportBundle(): Promise<string> {
    return this.bundle;
  }

  async saveExport(file: Export): Promise<string | null> {
    this.asked.push(`saveExport ${JSON.stringify(file)}`);
    return this.saves;
  }

  async acceptKey(account: AccountId, found: string): Promise<void> {
    this.asked.push(`acceptKey ${account} ${found}`);
    if (this.keyTrouble) throw this.keyTrouble;
    this.show({
      accounts: this.snapshot.accounts.map((view) =>
        view.id === account ? { ...view, state: { state: "registered" } } : view,
      ),
    });
  }

  followServiceEvents(draw: (rows: ServiceRow[]) => void): Stop {
    this.asked.push("followServiceEvents");
    this.drawServiceEvents = draw;
    draw(this.serviceEvents);
    return () => {
      this.asked.push("leaveServiceEvents");
      this.drawServiceEvents = () => {};
    };
  }

  /** A service tells something. */
  tells(row: ServiceRow): void {
    this.serviceEvents = [...this.serviceEvents, row];
    this.drawServiceEvents(this.serviceEvents);
  }

  followDevices(draw: (devices: DevicesView) => void): Stop {
    draw(this.devices);
    return () => {};
  }

  followLevels(of: Metered, draw: (levels: Levels) => void): Stop {
    this.asked.push(`followLevels ${of}`);
    this.meters.add(draw);
    draw(this.levels);
    return () => {
      this.asked.push(`leaveLevels ${of}`);
      this.meters.delete(draw);
    };
  }

  sound(levels: Levels): void {
    this.levels = levels;
    for (const draw of this.meters) draw(levels);
  }

  private changed(what: "history" | "contacts" | "settings"): void {
    this.show({ changes: { ...this.snapshot.changes, [what]: this.snapshot.changes[what] + 1 } });
  }
}

/** The phone as the window of a ringing call sees it. */
export class FakeIncoming implements IncomingBridge {
  readonly acts: [CallId, IncomingAction][] = [];

  constructor(readonly phone: FakePhone) {}

  follow(draw: (snapshot: Snapshot) => void): Stop {
    return this.phone.follow(draw);
  }

  async act(call: CallId, action: IncomingAction): Promise<void> {
    this.acts.push([call, action]);
  }
}

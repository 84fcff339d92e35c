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
  ContactForm,
  ContactId,
  ContactQuery,
  DeclineCode,
  DevicesView,
  EventProgram,
  FieldProblem,
  HistoryEntry,
  HistoryQuery,
  IceTrial,
  ImportReport,
  KioskAction,
  KioskView,
  LadderRow,
  Levels,
  ProvisionOffer,
  SecretKept,
  SecretKey,
  ServiceRow,
  Settings,
  SettingsView,
  Snapshot,
  Suggestion,
  TokenOrder,
  TraceRow,
} from "./types";

/** The program as the page sees it. */
export interface About {
  version: string;
  data_folder: string;
  desktop: { tray: boolean; session: string };
  /** Whether it knows who publishes new versions. */
  updates: boolean;
  /** What a link that started the program wants dialled. */
  first_target: string | null;
  /** The ringing call for which the window was opened, to send its caller elsewhere. */
  first_redirect: CallId | null;
}

/** Ends what was begun. */
export type Stop = () => void;

/** Everything the page can ask of the phone. Each promise that fails fails with a `Refusal`. */
export interface Bridge {
  /** Draws the state now and at each change. */
  follow(draw: (snapshot: Snapshot) => void): Stop;
  /** A link arrived while the window is open. */
  onTarget(take: (target: string) => void): Stop;
  /** The window of a ringing call wants to know where its caller is to be sent. */
  onRedirect(take: (call: CallId) => void): Stop;
  send(command: Command): Promise<void>;
  about(): Promise<About>;
  showFolder(which: "data"): Promise<void>;

  history(query: HistoryQuery): Promise<HistoryEntry[]>;
  deleteHistory(ids: number[]): Promise<void>;
  clearHistory(): Promise<void>;
  markSeen(): Promise<void>;
  contacts(query: ContactQuery): Promise<Contact[]>;
  saveContact(contact: Contact): Promise<ContactId>;
  deleteContact(id: ContactId): Promise<void>;
  /** Takes in a file, whose bytes come as Base64. */
  importContacts(form: ContactForm, file: string): Promise<ImportReport>;
  suggest(text: string): Promise<Suggestion[]>;
  /** Saves a file where the user says: where that is, or null when he did not. */
  saveExport(file: Export): Promise<string | null>;

  /** The lists of an account's assistant, when its `changes` have grown. What is asked of it goes by `send`. */
  assistantHistory(account: AccountId): Promise<AssistantCall[]>;
  assistantDirectory(account: AccountId): Promise<AssistantPerson[]>;
  assistantFavourites(account: AccountId): Promise<AssistantPerson[]>;
  assistantRooms(account: AccountId): Promise<AssistantRoom[]>;
  assistantMeetings(account: AccountId): Promise<AssistantMeeting[]>;

  settings(): Promise<SettingsView>;
  /** What in these settings cannot stay as it is. */
  checkSettings(settings: Settings): Promise<FieldProblem[]>;
  /** Puts the settings in force, or says which fields keep them from it. */
  saveSettings(settings: Settings): Promise<FieldProblem[]>;
  /** Programs that are started when something happens to a call. */
  eventPrograms(): Promise<EventProgram[]>;
  /** Puts these in force and no others, once the user has agreed in a dialog; or says which fields keep them from it. */
  saveEventPrograms(programs: EventProgram[]): Promise<FieldProblem[]>;
  /** Keeps a sound file, whose bytes come as Base64, to ring with; its path. */
  keepRingtone(name: string, sound: string): Promise<string>;
  /** Keeps a secret. There is no way to read one. */
  setSecret(key: SecretKey, value: string): Promise<SecretKept>;
  forgetSecret(key: SecretKey): Promise<void>;
  /** Tries an account as it would be used; with the kept password when none is given. */
  tryAccount(account: Account, password: string | null): Promise<AccountTrial>;
  /** Tries a STUN or TURN server of an account; with the kept password when none is given. */
  tryIce(account: Account, url: string, credential: string | null): Promise<IceTrial>;
  /** Hands the new version to the system's installer. */
  installUpdate(): Promise<void>;
  /** What a web server wants to set, before it does. */
  offerProvisioning(url: string): Promise<ProvisionOffer>;
  /** Puts in force what was shown. */
  acceptProvisioning(url: string): Promise<void>;
  forgetProvisioning(): Promise<void>;
  /** Who is registered at the cloud of an account. */
  registeredClients(account: AccountId): Promise<CloudClient[]>;
  /** Has a token made for an account, and uses it at once. */
  orderToken(account: AccountId, order: TokenOrder): Promise<void>;
  /** The last messages that have this text in them, oldest first. */
  trace(search: string): Promise<TraceRow[]>;
  /** Who sent what in a call. */
  ladder(call: CallId): Promise<LadderRow[]>;
  /** What happened in the calls that are remembered, oldest first. */
  callStories(): Promise<CallStory[]>;
  /** Looks at everything that calls of an account depend on. */
  diagnose(account: AccountId): Promise<Check[]>;
  supportBundle(): Promise<string>;
  /** The server of an account is known by this key from now on. */
  acceptKey(account: AccountId, found: string): Promise<void>;
  /** Draws what services have told last by their own names, oldest first; now and with each further one. */
  followServiceEvents(draw: (rows: ServiceRow[]) => void): Stop;
  /** Draws the sound devices now and at each change. */
  followDevices(draw: (devices: DevicesView) => void): Stop;
  /** Draws how loud it is, about 20 times a second; to show the devices', they are opened. */
  followLevels(of: Metered, draw: (levels: Levels) => void): Stop;
}

/** A file to keep: all contacts; the messages that have a text in them, a call's ladder, or the bundle that was shown. */
export type Export =
  | { what: "contacts"; form: ContactForm }
  | { what: "capture"; search: string }
  | { what: "ladder-svg" | "ladder-text"; call: CallId }
  | { what: "bundle" };

/** Whose levels are shown. */
export type Metered = "calls" | "devices";

/** What the window of a ringing call may do. */
export type IncomingAction =
  | "answer"
  | "decline"
  | { "decline-with": DeclineCode }
  | "redirect"
  | "silence"
  | "veto"
  | "hold-and-answer"
  | "end-and-answer";

/** Everything the window of a ringing call can ask. */
export interface IncomingBridge {
  follow(draw: (snapshot: Snapshot) => void): Stop;
  act(call: CallId, action: IncomingAction): Promise<void>;
}

/** Everything the window of a kiosk can ask. */
export interface KioskBridge {
  follow(draw: (view: KioskView) => void): Stop;
  /** Asks for something that was touched; nothing comes of what the profile does not allow. */
  act(action: KioskAction): Promise<void>;
  /** Ends the program when this is the PIN; whether it was. */
  leave(pin: string): Promise<boolean>;
}

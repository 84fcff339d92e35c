// A phone that is made up, for tests and for looking at the page in a browser. Not part of the program.
import type { About, Bridge, IncomingAction, IncomingBridge, Stop } from "./bridge";
import type { CallId, CallView, Command, Contact, HistoryEntry, MediaStatistics, Snapshot } from "./types";

export const SOME_MEDIA: MediaStatistics = {
  codec: "opus",
  packets_sent: 250,
  packets_received: 249,
  loss_in: 0,
  loss_out: 0,
  jitter_ms: 2,
  round_trip_ms: 18,
  buffer_ms: 40,
  concealed: 0,
  mos: 4.4,
  pair: { local: "host", remote: "host" },
  trouble: null,
  level_in_dbfs: -22,
  level_out_dbfs: -30,
};

export function someCall(part: Partial<CallView> = {}): CallView {
  return {
    id: 1,
    account: "office",
    direction: "outgoing",
    remote: { name: "Ada Lovelace", number: "+442079460123", uri: "sip:+442079460123@pbx.example.com" },
    contact: null,
    state: { state: "established", hold: { local: false, remote: false } },
    since_ms: 10_000,
    answered_ms: 14_000,
    muted: false,
    silenced: false,
    dtmf: "rfc4733",
    recording: false,
    auto_answered: false,
    media: SOME_MEDIA,
    ...part,
  };
}

export function someSnapshot(part: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: 1,
    at_ms: 75_000,
    accounts: [{ id: "office", state: { state: "registered" } }],
    calls: [],
    conference: null,
    do_not_disturb: false,
    notices: [],
    missed: 0,
    changes: { settings: 0, history: 0, contacts: 0 },
    ...part,
  };
}

/** A phone that keeps what it is told and shows what it is given. */
export class FakePhone implements Bridge {
  readonly sent: Command[] = [];
  readonly asked: string[] = [];
  snapshot: Snapshot;
  entries: HistoryEntry[] = [];
  known: Contact[] = [];
  target: string | null = null;
  private drawers = new Set<(snapshot: Snapshot) => void>();
  private takers = new Set<(target: string) => void>();

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

  async send(command: Command): Promise<void> {
    this.sent.push(command);
  }

  async about(): Promise<About> {
    return {
      version: "0.1.0",
      data_folder: "~/.local/share/sidetone",
      desktop: { tray: true, session: "x11" },
      first_target: this.target,
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
    return wanted.slice(0, query.limit);
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
    return wanted.slice(0, query.limit);
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

  async importContacts(form: string, text: string) {
    this.asked.push(`importContacts ${form} ${text.length}`);
    return { added: 2, updated: 1, skipped: ["line 7: there is no name and no number"] };
  }

  async exportContacts(form: string): Promise<string> {
    this.asked.push(`exportContacts ${form}`);
    return "BEGIN:VCARD\nEND:VCARD\n";
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

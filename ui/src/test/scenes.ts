// Moments of a phone's life, to be looked at: `fake.html?scene=NAME`.
import { FakePhone } from "../bridge/fake";
import { someAssistant, someCalls, someMeeting, somePeople, someRooms } from "../bridge/fake-assistant";
import { SOME_MEDIA, someAccount, someCall, someSnapshot } from "../bridge/fake-snapshot";
import type { CallView, Contact, HistoryEntry, Notice, XHeaders } from "../bridge/types";
import { newContact } from "../view/ContactForm";

const ACCOUNTS = [
  someAccount("office", { voicemail: { number: "*97", waiting: true, new: 3, old: 1 }, park_number: "700" }),
  someAccount("practice"),
];
const HELD = { state: "established" as const, hold: { local: true, remote: false } };
const bob = { name: "Bob Marsh", number: "2002", uri: "sip:2002@pbx.example.com" };
const zoe = { name: "Zoë Ünïcode-Wintergarten", number: "+4930123456789", uri: "" };

function history(): HistoryEntry[] {
  const base = Math.floor(Date.now() / 1000) - 900;
  const entry = (id: number, part: Partial<HistoryEntry>): HistoryEntry => ({
    id,
    account: "office",
    direction: "incoming",
    remote: bob,
    contact: null,
    started_s: base - id * 9000,
    talked_ms: null,
    outcome: "answered",
    words: "",
    code: null,
    seen: true,
    ...part,
  });
  return [
    entry(1, { outcome: "missed", remote: zoe, seen: false }),
    entry(2, { talked_ms: 184_000 }),
    entry(3, { direction: "outgoing", talked_ms: 5_400_000, contact: { id: 1, name: "Ada Lovelace" } }),
    entry(4, { outcome: "answered-elsewhere" }),
    entry(38, { started_s: base - 40_000, outcome: "answered-automatically", talked_ms: 42_000 }),
    entry(5, { direction: "outgoing", outcome: "busy", remote: { name: "", number: "603", uri: "" } }),
    entry(6, { outcome: "declined" }),
    entry(7, { direction: "outgoing", outcome: "failed", remote: zoe }),
    ...Array.from({ length: 30 }, (_, i) => entry(8 + i, { talked_ms: 60_000 * (i + 1) })),
  ];
}

function contacts(): Contact[] {
  const contact = (id: number, name: string, number: string, part: Partial<Contact> = {}): Contact => ({
    ...newContact(name, number),
    id,
    ...part,
  });
  return [
    contact(1, "Ada Lovelace", "+442079460123", {
      organisation: "Analytical Engines",
      favourite: true,
      numbers: [
        { kind: "work", number: "+442079460123" },
        { kind: "mobile", number: "+447700900123" },
      ],
    }),
    contact(2, "Bob Marsh", "2002", { favourite: true, lamp: true }),
    contact(3, "Reception", "100", { favourite: true }),
    contact(4, "Zoë Ünïcode-Wintergarten", "+4930123456789", { organisation: "Gartenbau Wintergarten & Söhne GmbH" }),
  ];
}

/** What applications send: short names, ids, and once a text without any place to break it. */
const SENT_ALONG: XHeaders = [
  ["X-Queue", "sales"],
  ["X-Queue", "support"],
  ["X-Correlation", "0190f6c1-9d2e-7c3a-b1d4-5f6e7a8b9c0d".repeat(4)],
];

const ITSELF = someCall({
  direction: "incoming",
  state: { state: "incoming" },
  answered_ms: null,
  media: null,
  remote: zoe,
  caller: "client",
  since_ms: 73_000,
  answers_itself_ms: 78_000,
});

/** At a desk phone, which is controlled. */
const THERE = { elsewhere: true, dtmf: null, media: null } as const;

const calls: Record<string, CallView[]> = {
  talking: [someCall()],
  two: [someCall({ id: 1, state: HELD, remote: bob }), someCall({ id: 2, remote: zoe, muted: true, recording: true })],
  consulting: [
    someCall({ id: 1, state: HELD, remote: bob, transfer: { step: "consulting", with: 2 } }),
    someCall({ id: 2, remote: zoe }),
  ],
  asked: [someCall({ transfer: { step: "asked", target: "2003" } })],
  bad: [someCall({ media: { ...SOME_MEDIA, mos: 2.6, loss_in: 0.12, jitter_ms: 35 } })],
  notices: [someCall()],
  beset: [someCall({ media: { ...SOME_MEDIA, mos: 1, trouble: "microphone-silent" } })],
  "one-way": [someCall({ media: { ...SOME_MEDIA, mos: 1, trouble: "no-packets-in" } })],
  ringing: [someCall({ state: { state: "ringing" }, answered_ms: null, media: null })],
  incoming: [
    someCall({ direction: "incoming", state: { state: "incoming" }, answered_ms: null, media: null, remote: zoe }),
  ],
  itself: [ITSELF],
  "itself-second": [someCall({ id: 1, remote: bob }), { ...ITSELF, id: 2 }],
  second: [
    someCall({ id: 1, remote: bob }),
    someCall({
      id: 2,
      direction: "incoming",
      state: { state: "incoming" },
      answered_ms: null,
      media: null,
      remote: zoe,
    }),
  ],
  "sent-along": [
    someCall({ headers: SENT_ALONG }),
    someCall({
      id: 2,
      direction: "incoming",
      state: { state: "incoming" },
      answered_ms: null,
      media: null,
      remote: { name: "", number: "441908000000", uri: "" },
      caller: "service",
      headers: SENT_ALONG,
    }),
  ],
  desk: [
    someCall({ id: 1, state: HELD, remote: bob, ...THERE }),
    someCall({ id: 2, remote: zoe, ...THERE }),
    someCall({ id: 3, direction: "incoming", state: { state: "incoming" }, answered_ms: null, ...THERE }),
  ],
  ended: [someCall({ state: { state: "ended", cause: { kind: "busy", code: 486 } }, answered_ms: null })],
  eight: Array.from({ length: 8 }, (_, i) =>
    someCall({
      id: i + 1,
      state: i === 3 ? { state: "established", hold: { local: false, remote: false } } : HELD,
      remote: { name: i % 2 ? "" : `Caller number ${i + 1}`, number: `+4420794601${i}0`, uri: "" },
    }),
  ),
  conference: [
    someCall({ id: 1 }),
    someCall({ id: 2, remote: bob, muted: true }),
    someCall({ id: 3, remote: zoe }),
    someCall({ id: 4, remote: { name: "", number: "608", uri: "" }, state: HELD }),
  ],
};

/** What the phone has to tell. */
const NOTICES: Notice[] = [
  { id: 1, code: "device", trouble: { code: "device", fault: { code: "gone", role: "microphone" } }, call: null },
  {
    id: 2,
    code: "key-store",
    trouble: { code: "refused", refusal: { code: "key-store-locked", detail: "prompt dismissed" } },
    call: null,
  },
  {
    id: 3,
    code: "turn-refused",
    trouble: { code: "relay-refused", server: "192.0.2.9:3478", error: 401 },
    call: null,
  },
  {
    id: 4,
    code: "transfer-failed",
    trouble: { code: "transfer-failed", fault: { code: "refused", status: 603, text: "Decline" } },
    call: 1,
  },
];

/** A computer without sound, in a call. */
const NO_DEVICES = (["microphone", "speaker"] as const).map((role, at): Notice => {
  const fault = { code: "unusable", role, fault: { code: "no-device", role } } as const;
  return { id: 5 + at, code: "device", trouble: { code: "device", fault }, call: null };
});

/** Of a key that is made up. */
const fingerprint = (pair: string) => Array.from({ length: 32 }, () => pair).join(":");

/** As many as the phone keeps, made of these. */
function repeated<T extends { id: number | null }>(some: readonly T[]): T[] {
  return Array.from({ length: 100_000 }, (_, at) => ({ ...(some[at % some.length] as T), id: at + 1 }));
}

/** A client of Aculab Cloud whose token is not for long, and who is registered twice. */
function cloud(phone: FakePhone) {
  const id = "Aculab Cloud";
  phone.kept.accounts.push({
    id,
    enabled: true,
    provider: {
      kind: "aculab",
      cloud_id: "1-2-0",
      interface: {
        version: "v2",
        access_key: "abc123key",
        client_id: "bob",
        token_source: { source: "web-services", user: "bob@example.com", lifetime_s: 3600, callable: "agent*" },
      },
    },
  });
  const can = { hold: false, transfer: false, elsewhere: false };
  const token = { client: "bob", cloud: "1-2-0", fits: true };
  phone.show({ accounts: [...ACCOUNTS, someAccount(id, { can, expires_ms: 1_875_000, token })] });
  const at = { last_modified: "2026-11-26_20:00:00", expires: "2026-11-26_20:10:00" };
  phone.cloudClients = [
    { client: "agent7", ...at },
    { client: "somebody.with.a.rather.long.client-id", ...at },
    { client: "bob", ...at },
    { client: "bob", last_modified: "2026-11-26_20:02:00", expires: "2026-11-26_20:12:00" },
  ];
}

/** An account of the first interface of Aculab Cloud, that may call as several. */
function caller(phone: FakePhone) {
  const id = "caller";
  const [caller_id, ...other_ids] = ["bob", "reception", "a-rather-long-caller-id-of-somebody"] as const;
  const way = { version: "v1" as const, caller_id, other_ids, service: "echo" };
  phone.kept.accounts = [
    { id, enabled: true, provider: { kind: "aculab", cloud_id: "1-2-0", interface: way } },
    ...phone.kept.accounts,
  ];
  const can = { hold: false, transfer: false, elsewhere: false };
  const caller_ids = [caller_id, ...other_ids];
  phone.show({ accounts: [someAccount(id, { state: { state: "ready" }, can, caller_ids }), ...ACCOUNTS] });
}

/** He is in a conference room, which he organizes or not. */
function meeting(phone: FakePhone, organizer: boolean) {
  const team = { name: "team", number: "4010", uri: "" };
  phone.meetings = [someMeeting(organizer)];
  phone.show({ calls: [someCall({ account: "XiVO", remote: team })] });
}

/** Somebody at a XiVO, whose server knows people, calls and rooms. */
function assistant(phone: FakePhone, calls: CallView[]) {
  const id = "XiVO";
  const [office, practice] = ACCOUNTS;
  phone.everybody = somePeople();
  phone.favourites = phone.everybody.filter(({ favourite }) => favourite);
  phone.rooms = someRooms();
  phone.remembered = someCalls();
  phone.known = phone.known.filter(({ lamp }) => !lamp);
  phone.show({
    accounts: [office, practice].flatMap((account) =>
      account ? [{ ...account, id: account === office ? id : account.id }] : [],
    ),
    assistants: [someAssistant(id)],
    calls: calls.map((call) => ({ ...call, account: id })),
  });
}

/** The phone of a scene. */
export function scene(name: string): FakePhone {
  const phone = new FakePhone(
    someSnapshot({
      accounts: ACCOUNTS,
      calls: calls[name] ?? [],
      conference: name === "conference" ? { members: [1, 2, 3], held: false } : null,
      missed: name === "idle" ? 2 : 0,
      lamps: [{ number: "2002", state: name === "idle" ? "ringing" : "busy", pick_up: name === "idle" }],
      notices: name === "notices" ? NOTICES : name === "beset" ? [...NOTICES, ...NO_DEVICES] : [],
    }),
  );
  if (name !== "first") {
    phone.entries = history();
    phone.known = contacts();
  }
  if (name === "many") {
    phone.entries = repeated(phone.entries);
    phone.known = repeated(phone.known).map((contact) => ({ ...contact, favourite: false }));
  }
  if (name === "key") {
    const cause = { kind: "key-changed" as const, expected: fingerprint("A1"), found: fingerprint("5C") };
    phone.show({
      accounts: ACCOUNTS.map((account) =>
        account.id === "office" ? { ...account, state: { state: "offline", cause, retry_in_s: null } } : account,
      ),
    });
  }
  if (name === "beset") {
    const cause = { kind: "wrong-password" as const, code: 403 };
    const state = { state: "offline" as const, cause, retry_in_s: null };
    const out = ["the branch office", "support", "home"].map((id) => someAccount(id, { state }));
    phone.show({ accounts: [...ACCOUNTS, ...out] });
  }
  if (name === "desk") {
    const can = { hold: true, transfer: true, elsewhere: true };
    phone.show({ accounts: ACCOUNTS.map((account) => ({ ...account, state: { state: "ready" }, can })) });
  }
  if (name === "cloud") cloud(phone);
  if (name === "caller") caller(phone);
  if (name.startsWith("assistant")) assistant(phone, calls[name.slice("assistant-".length)] ?? []);
  if (name === "assistant-meeting" || name === "assistant-guest") meeting(phone, name === "assistant-meeting");
  if (name === "assistant-away") {
    const unknown = { do_not_disturb: null, forwards: [], status: null, statuses: [], voicemail_box: null };
    phone.show({ assistants: [someAssistant("XiVO", { online: false, name: "", ...unknown })] });
  }
  if (name === "offline") {
    const cause = { kind: "wrong-password" as const, code: 403 };
    const state = { state: "offline" as const, cause, retry_in_s: null };
    phone.show({ accounts: [someAccount("office", { state })] });
  }
  return phone;
}

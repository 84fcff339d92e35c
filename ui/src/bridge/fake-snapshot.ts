// Accounts, calls and a snapshot that are made up, whole as the phone sends them.
import type { AccountView, CallView, MediaStatistics, Snapshot } from "./types";

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
  addresses: { local: "192.0.2.1:40000", remote: "198.51.100.2:50000" },
  trouble: null,
  level_in_dbfs: -22,
  level_out_dbfs: -30,
};

export function someCall(part: Partial<CallView> = {}): CallView {
  return {
    id: 1,
    account: "office",
    sip_call_id: "f1c3a7d0@client.invalid",
    direction: "outgoing",
    remote: { name: "Ada Lovelace", number: "+442079460123", uri: "sip:+442079460123@pbx.example.com" },
    caller: null,
    diverted_by: null,
    headers: [],
    contact: null,
    state: { state: "established", hold: { local: false, remote: false } },
    since_ms: 10_000,
    answered_ms: 14_000,
    elsewhere: false,
    muted: false,
    silenced: false,
    dtmf: "rfc4733",
    recording: false,
    auto_answered: false,
    answers_itself_ms: null,
    transfer: null,
    media: SOME_MEDIA,
    ...part,
  };
}

/** An account that is registered. */
export function someAccount(id: string, part: Partial<AccountView> = {}): AccountView {
  return {
    id,
    state: { state: "registered" },
    can: { hold: true, transfer: true, elsewhere: false },
    expires_ms: null,
    token: null,
    caller_ids: [],
    voicemail: null,
    park_number: "",
    ...part,
  };
}

export function someSnapshot(part: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: 1,
    at_ms: 75_000,
    accounts: [someAccount("office")],
    calls: [],
    conference: null,
    lamps: [],
    assistants: [],
    do_not_disturb: false,
    notices: [],
    missed: 0,
    trial: null,
    loop_check: null,
    update: null,
    changes: { settings: 0, history: 0, contacts: 0 },
    ...part,
  };
}

// What the settings call by dotted names, in the words of the page.
import { about, isolated, type Key, LANGUAGE_NAMES, say, spokenLanguage } from "../../words/words";

/** Of the settings. */
const FIELDS: Readonly<Record<string, Key>> = {
  country: "calls.country",
  log: "privacy.level",
  "updates.check": "about.updates",
  "history.keep_days": "privacy.keep",
  "shortcuts.enabled": "shortcuts.enabled",
  "window.letter_keys": "shortcuts.letters",
  "devices.microphones": "devices.microphone",
  "devices.speakers": "devices.speaker",
  "devices.ringers": "devices.ringer",
  "devices.volume": "devices.volume",
  "devices.cleanup.echo": "devices.echo",
  "devices.cleanup.noise": "devices.noise",
  "devices.cleanup.gain": "devices.gain",
  "calls.echo_number": "devices.echo-number",
  "calls.auto_answer": "auto.always",
  "calls.packet_ms": "calls.packet",
  "calls.digit_ms": "calls.digit",
  "calls.digit_gap_ms": "calls.digit-gap",
  "calls.ring_for_s": "calls.ring-for",
  "calls.forward.no_answer_s": "calls.forward-after",
  "calls.allow_transfers": "calls.transfers",
  "calls.beep_on_record": "calls.beep",
  "calls.codecs": "calls.codecs",
  "calls.dtx": "calls.dtx",
  "calls.max_bitrate": "calls.max-bitrate",
  "calls.limit": "calls.limit",
  "calls.waiting": "calls.waiting",
  "calls.dnd_code": "calls.dnd-code",
  "calls.dnd_exceptions": "calls.dnd-exceptions",
  "calls.record": "calls.record",
  "calls.record_form": "calls.record-form",
  "calls.recordings_folder": "calls.recordings-folder",
  "calls.tones": "calls.tones",
  "calls.ringtone": "calls.ringtone",
  "calls.ringtone.file": "calls.ringtone",
  "calls.forward.always": "calls.forward-always",
  "calls.forward.busy": "calls.forward-busy",
  "calls.forward.no_answer": "calls.forward-no-answer",
  "calls.forward.exceptions": "calls.forward-exceptions",
  "shortcuts.answer": "shortcuts.answer",
  "shortcuts.hang_up": "shortcuts.hang-up",
  "shortcuts.mute": "shortcuts.mute",
  "shortcuts.hold": "shortcuts.hold",
  "shortcuts.show": "shortcuts.show",
  "window.close_to_tray": "window.close-to-tray",
  "window.start_with_session": "window.start-with-session",
  "window.popup": "window.popup",
  "window.notifications": "window.notifications",
  "window.dial_links_at_once": "window.dial-links-at-once",
  "window.language": "window.language",
  "window.theme": "window.theme",
};

/** Of an account, at whatever service; where two call the same otherwise, both words fit. */
const OF_ACCOUNT: Readonly<Record<string, Key>> = {
  id: "accounts.name",
  enabled: "value.in-use",
  kind: "network.kind",
  login: "xivo.login",
  server: "accounts.server",
  user: "accounts.user",
  display_name: "accounts.display-name",
  auth_user: "accounts.auth-user",
  domain: "accounts.domain",
  realm: "accounts.realm",
  ca_file: "accounts.ca-file",
  pin: "accounts.pin",
  allow_plain: "accounts.plain",
  allow_plain_ws: "accounts.plain",
  proxy: "accounts.proxy",
  register: "accounts.register",
  expires_s: "accounts.expires",
  voicemail_number: "accounts.voicemail-number",
  park_number: "accounts.park-number",
  pickup_code: "accounts.pickup-code",
  mwi: "accounts.mwi",
  dtmf: "accounts.dtmf",
  ice_servers: "network.servers",
  ice_policy: "network.policy",
  auto_answer: "xivo.auto-answer",
  auto_answer_extended: "xivo.auto-answer-extended",
  generation: "xivo.generation",
  sip_host: "xivo.sip-host",
  sip_port: "xivo.sip-port",
  software_type: "xivo.software-type",
  application_type: "xivo.application-type",
  log_events: "xivo.log-events",
  version: "aculab.interface",
  cloud_id: "aculab.cloud-id",
  caller_id: "aculab.caller-id",
  other_ids: "aculab.other-ids",
  service: "aculab.service",
  access_key: "aculab.access-key",
  client_id: "aculab.client-id",
  source: "aculab.source",
  url: "aculab.token-url",
  callable: "aculab.callable",
  lifetime_s: "aculab.lifetime",
  accept_calls: "aculab.accept-calls",
  max_concurrent: "aculab.max-concurrent",
  ring_for_s: "calls.ring-for",
  web_services: "aculab.web-services",
  log_level: "aculab.log",
};

/** Of the policy by which calls of an account answer themselves. */
const OF_POLICY: Readonly<Record<string, Key>> = {
  account: "auto.title",
  when: "auto.title",
  callers: "auto.callers",
  contacts: "auto.contacts",
  delay_s: "auto.delay",
  busy: "auto.busy",
  microphone: "auto.microphone",
};

/** One of a few: how the catalogue begins its name, and what there is. */
const CHOICES: Readonly<Record<string, readonly [prefix: string, values: string]>> = {
  log: ["privacy.", "error warn info debug trace"],
  theme: ["window.theme-", "system light dark"],
  waiting: ["calls.waiting-", "ring busy"],
  allow_transfers: ["calls.transfers-", "ask always never"],
  record: ["calls.record-", "off on-request always"],
  record_form: ["calls.record-", "wav opus"],
  dnd_code: ["calls.dnd-", "486 480"],
  ringtone: ["ringtone.", "classic bell chime marimba digital soft"],
  packet_ms: ["calls.packet-", "20 10"],
  dtmf: ["dtmf.", "automatic rfc4733 info info-dtmf in-band"],
  ice_policy: ["network.", "all relay-only host-only"],
  generation: ["generation.", "automatic a b c"],
  version: ["aculab.", "v1 v2"],
  source: ["aculab.source.", "pasted url web-services"],
  log_level: ["log-level.", "0 1 2 3 4 5 6"],
  when: ["auto.", "never always by-header"],
  busy: ["auto.busy-", "refuse hold answer"],
  microphone: ["auto.microphone-", "closed after-beep"],
};

/** The name of a field as the page has it; its own where the page has none. */
export function fieldWords(field: string): string {
  const [, account = "", ofAccount = ""] = /^accounts\.(.+?)(?:\.provider(?:\..+)?)?\.(\w+)$/.exec(field) ?? [];
  const [, answers = "", ofPolicy = ""] = /^auto_answer\.(.+)\.(\w+)$/.exec(field) ?? [];
  const inItem = OF_ACCOUNT[ofAccount] ?? OF_POLICY[ofPolicy];
  if (inItem) return about(isolated(account || answers), say(inItem));
  const known = FIELDS[field];
  return known ? say(known) : isolated(field);
}

/** A value of a field as the page has it; as the settings file has it where the page has no words for it. */
export function valueWords(field: string, value: string): string {
  const last = field.split(".").at(-1) ?? "";
  const [prefix = "", values = ""] = CHOICES[last] ?? [];
  if (values.split(" ").includes(value)) return say(`${prefix}${value}` as Key);
  switch (value) {
    case "":
    case "[]":
      return say("value.nothing");
    case "true":
      return say("value.on");
    case "false":
      return say("value.off");
  }
  if (last === "country" || last === "tones") return countryWords(value);
  if (last === "language") return isolated(LANGUAGE_NAMES.find(([code]) => code === value)?.[1] ?? value);
  // A list of words, as TOML writes it.
  const list = /^\["(.*)"\]$/s.exec(value)?.[1]?.split('", "');
  return isolated(list ? list.join(", ") : value);
}

function countryWords(code: string): string {
  const names = new Intl.DisplayNames(spokenLanguage(), { type: "region", fallback: "code" });
  return isolated((/^[a-z]{2}$/i.test(code) && names.of(code.toUpperCase())) || code);
}

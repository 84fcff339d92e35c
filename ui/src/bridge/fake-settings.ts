// Settings and devices that are made up, whole as the phone sends them.
import type { Account, DevicesView, Settings } from "./types";

export function someAccounts(): Account[] {
  return [
    {
      id: "office",
      enabled: true,
      provider: {
        kind: "sip",
        server: "wss://pbx.example.com:8089/ws",
        user: "1001",
        allow_plain_ws: false,
        register: true,
        expires_s: 600,
        voicemail_number: "",
        park_number: "",
        pickup_code: "",
        mwi: true,
        dtmf: "automatic",
        ice_servers: [
          { url: "stun:stun.example.com", username: "" },
          { url: "turn:turn.example.com:3478?transport=tcp", username: "phone" },
        ],
        ice_policy: "all",
      },
    },
    { id: "practice", enabled: true, provider: { kind: "practice" } },
  ];
}

/** Every field is there, as the phone sends it. */
export function someSettings(): Settings & { accounts: Account[] } {
  return {
    version: 1,
    country: "gb",
    accounts: someAccounts(),
    devices: {
      volume: 100,
      microphones: ["usb-headset"],
      speakers: ["usb-headset", "gone-dock"],
      ringers: [],
      cleanup: { echo: true, noise: true, gain: false },
    },
    calls: {
      codecs: ["opus", "g722", "pcmu", "pcma"],
      packet_ms: 20,
      dtx: false,
      max_bitrate: 0,
      digit_ms: 100,
      digit_gap_ms: 70,
      limit: 8,
      waiting: "ring",
      forward: { always: "", busy: "", no_answer: "", no_answer_s: 20, exceptions: [] },
      dnd_code: 486,
      dnd_exceptions: [],
      record: "on-request",
      record_form: "wav",
      recordings_folder: "",
      beep_on_record: false,
      auto_answer: false,
      ring_for_s: 120,
      tones: "gb",
      ringtone: "classic",
      echo_number: "",
    },
    auto_answer: [],
    history: { keep_days: 365 },
    window: {
      close_to_tray: true,
      start_with_session: false,
      popup: true,
      notifications: true,
      dial_links_at_once: false,
      language: "",
      theme: "system",
      letter_keys: true,
    },
    updates: { check: true },
    shortcuts: {
      enabled: false,
      answer: "Ctrl+Alt+A",
      hang_up: "Ctrl+Alt+E",
      mute: "Ctrl+Alt+M",
      hold: "Ctrl+Alt+H",
      show: "Ctrl+Alt+P",
    },
    log: "info",
  };
}

export const SOME_DEVICES: DevicesView = {
  microphones: [
    { id: "usb-headset", name: "USB Headset" },
    { id: "built-in", name: "Built-in microphone" },
  ],
  speakers: [
    { id: "usb-headset", name: "USB Headset" },
    { id: "built-in", name: "Built-in speakers" },
  ],
  microphone: { using: "usb-headset", trouble: null },
  speaker: { using: "usb-headset", trouble: null },
  ringer: { using: "built-in", trouble: null },
};

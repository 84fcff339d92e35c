// What is found at the phone that is made up, when somebody looks for a fault.
import type { CallStory, Check, TraceRow } from "./types";

const step = (at_ms: number, room: CallStory["steps"][number]["room"], fact: CallStory["steps"][number]["fact"]) => ({
  at_ms,
  room,
  fact,
});

export const SOME_STORIES: CallStory[] = [
  {
    call: 1,
    account: "office",
    direction: "incoming",
    steps: [
      step(0, "signalling", { code: "message", sent: false, title: "INVITE (sdp)" }),
      step(1, "call", { code: "rings-here" }),
      step(4200, "call", { code: "ended", cause: { kind: "hung-up", by: "remote" } }),
    ],
    findings: [],
  },
  {
    call: 2,
    account: "office",
    direction: "outgoing",
    steps: [
      step(0, "call", { code: "dialled" }),
      step(18, "signalling", { code: "message", sent: true, title: "INVITE (sdp)" }),
      step(40, "signalling", { code: "message", sent: false, title: "180 INVITE" }),
      step(41, "call", { code: "rings-there" }),
      step(120, "audio", { code: "relay-refused", server: "192.0.2.9:3478", error: 401 }),
      step(3100, "signalling", { code: "message", sent: false, title: "200 INVITE (sdp)" }),
      step(3101, "call", { code: "answered" }),
      step(3190, "audio", { code: "connected", pair: { local: "host", remote: "srflx" } }),
      step(6200, "audio", { code: "trouble", trouble: "no-packets-in" }),
      step(9000, "audio", { code: "poor-audio", mos: 2.4, loss_in: 0.12, loss_out: 0, jitter_ms: 41 }),
      step(12_000, "network", { code: "network-changed" }),
      step(12_400, "network", { code: "offline", cause: { kind: "connection-lost", detail: "the network changed" } }),
      step(13_000, "call", { code: "held", local: false, remote: true }),
      step(20_000, "call", { code: "ended", cause: { kind: "server-failed", code: 500, text: "Internal Error" } }),
    ],
    findings: [
      { code: "relay-refused", server: "192.0.2.9:3478", error: 401 },
      { code: "one-way" },
      { code: "loss-in", percent: 12 },
      { code: "ended", cause: { kind: "server-failed", code: 500, text: "Internal Error" } },
    ],
  },
];

export const SOME_CHECKS: Check[] = [
  {
    name: "dns",
    outcome: "passed",
    fact: { code: "addresses", addresses: ["192.0.2.4", "2001:db8::4"], reached: "192.0.2.4" },
    ms: 12,
  },
  {
    name: "tls",
    outcome: "passed",
    fact: { code: "certificate", version: "TLS 1.3", certificates: 2, days_left: 9, ends_soon: true, key: "AB:CD:EF" },
    ms: 31,
  },
  { name: "clock", outcome: "failed", fact: { code: "clock-wrong", off_s: -4000 }, ms: 0 },
  { name: "websocket", outcome: "passed", fact: { code: "plain" }, ms: 60 },
  {
    name: "registration",
    outcome: "failed",
    fact: { code: "offline", cause: { kind: "wrong-password", code: 403 } },
    ms: 80,
  },
  { name: "stun:stun.example.com:3478", outcome: "passed", fact: { code: "server-works" }, ms: 22 },
  {
    name: "turn:turn.example.com:3478?transport=tcp",
    outcome: "failed",
    fact: { code: "server-fails", step: "password", fact: { code: "wrong-password", error: 401 } },
    ms: 40,
  },
  { name: "nat", outcome: "failed", fact: { code: "nat-symmetric", address: "203.0.113.7" }, ms: 51 },
];

export const SOME_TRACE: TraceRow[] = [
  {
    at_ms: 1042.3,
    account: "office",
    sent: true,
    title: "REGISTER",
    text: "REGISTER sip:pbx.example.com SIP/2.0\r\nCSeq: 1 REGISTER\r\n\r\n",
  },
  {
    at_ms: 1061.8,
    account: "office",
    sent: false,
    title: "200 REGISTER",
    text: "SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\n\r\n",
  },
  {
    at_ms: 9000.1,
    account: "office",
    sent: true,
    title: "INVITE (sdp)",
    text: "INVITE sip:bob@pbx.example.com SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n",
  },
];

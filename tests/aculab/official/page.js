// One client of the official library in a page of its own, for clients.mjs to command. What happens to it is told by `tell`.
import * as v4 from "@aculab-com/aculab-webrtc";
import * as v3 from "aculab-webrtc";

const LIBRARIES = { 3: v3, 4: v4 };

/** Sound that is kept of the far end, in samples of 48 kHz. */
const MOST_HEARD = 48_000 * 60;

const tell = (event, more = {}) => window.tell({ event, ...more });

let client;
let call;
let ear;
let heard = [];
let kept = 0;
const connections = [];

// The library opens its connections itself; their figures are wanted.
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings) {
    super(...settings);
    connections.push(this);
  }
};

const sound = new AudioContext({ sampleRate: 48_000 });

/** The microphone hums at `hz`, so that who hears it knows who speaks. */
function hum(hz) {
  navigator.mediaDevices.getUserMedia = async () => {
    await sound.resume();
    const source = new OscillatorNode(sound, { frequency: hz });
    const quieter = new GainNode(sound, { gain: 0.3 });
    const microphone = new MediaStreamAudioDestinationNode(sound);
    source.connect(quieter).connect(microphone);
    source.start();
    return microphone.stream;
  };
}

/** Keeps what the far end says. */
async function listen(stream) {
  // Version 3 tells of a stream before its track is in it, when ICE was faster than the answer.
  while (stream.getAudioTracks().length === 0) await new Promise((later) => setTimeout(later, 20));
  // Chromium lets a remote stream flow only where it is played.
  const player = new Audio();
  player.srcObject = stream;
  player.muted = true;
  player.play().catch((error) => tell("trouble", { what: String(error) }));
  // Of a call before, nothing more is wanted.
  ear?.disconnect();
  ear = sound.createScriptProcessor(4_096, 1, 1);
  let isOpen = false;
  ear.onaudioprocess = ({ target, inputBuffer }) => {
    if (target !== ear) return;
    if (!isOpen) tell("listens");
    isOpen = true;
    if (kept < MOST_HEARD) {
      heard.push(inputBuffer.getChannelData(0).slice());
      kept += inputBuffer.length;
    }
  };
  sound.createMediaStreamSource(stream).connect(ear).connect(sound.destination);
}

/** Follows a call: everything the library tells of it is told on. */
function follow(of) {
  call = of;
  for (const name of ["onConnecting", "onRinging", "onConnected"]) of[name] = () => tell(name);
  of.onMedia = ({ stream }) => {
    tell("onMedia");
    listen(stream);
  };
  of.onDisconnect = ({ cause }) => tell("onDisconnect", { cause });
  of.onError = ({ error }) => tell("onError", { error: String(error) });
}

const commands = {
  /** The second interface: a client that can register. */
  client({ version, cloud, key, id, hz }) {
    hum(hz);
    client = new LIBRARIES[version].AculabCloudClient(cloud, key, id, 2);
    client.onIncomingState = ({ ready, cause, retry }) => tell("onIncomingState", { ready, cause, retry });
    client.onIncoming = ({ call: incoming, from, type }) => {
      follow(incoming);
      tell("onIncoming", { from, type });
    };
  },
  /** The first interface: a caller without a registration. */
  caller({ version, hz }) {
    hum(hz);
    client = new LIBRARIES[version].AculabCloudCaller();
    follow(client);
  },
  makeCall: ({ cloud, service, id }) => client.makeCall(cloud, service, id),
  isSupported: () => client.isSupported(),
  enableIncoming: ({ token }) => client.enableIncoming(token),
  disableIncoming: () => client.disableIncoming(),
  callService: ({ service, options }) => follow(client.callService(service, options)),
  callClient: ({ id, token, options }) => follow(client.callClient(id, token, options)),
  ringing: () => call.ringing(),
  answer: ({ options }) => call.answer(options),
  reject: ({ code }) => call.reject(code),
  disconnect: () => call.disconnect(),
  sendDtmf: ({ digits }) => call.sendDtmf(digits),
  sipHeaders: ({ name }) => call.getSipHeaders(name),
  /** What was heard since the last time: 48 kHz, one channel, 16 bits, base64. */
  heard() {
    const samples = new Int16Array(heard.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of heard) for (const sample of part) samples[at++] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
    heard = [];
    kept = 0;
    const bytes = new Uint8Array(samples.buffer);
    let text = "";
    for (let from = 0; from < bytes.length; from += 8_192) text += String.fromCharCode(...bytes.subarray(from, from + 8_192));
    return btoa(text);
  },
  /** Figures of the latest connection's audio. */
  async figures() {
    const report = [...(await connections.at(-1).getStats()).values()];
    const of = (type) => report.find((entry) => entry.type === type && entry.kind === "audio") ?? {};
    const codec = report.find((entry) => entry.id === of("inbound-rtp").codecId);
    return {
      received: of("inbound-rtp").packetsReceived ?? 0,
      sent: of("outbound-rtp").packetsSent ?? 0,
      codec: codec?.mimeType ?? "",
    };
  },
};

window.command = async (name, given) => (await commands[name](given)) ?? null;

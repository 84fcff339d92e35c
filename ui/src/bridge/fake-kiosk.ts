// A kiosk that is made up, for tests and for looking at the page in a browser. Not part of the program.
import type { KioskBridge, Stop } from "./bridge";
import { someCall } from "./fake-snapshot";
import type { KioskAction, KioskScreen, KioskView } from "./types";

const incoming = { direction: "incoming", state: { state: "incoming" }, answered_ms: null, media: null } as const;

const SCREENS: Record<string, KioskScreen> = {
  idle: {
    screen: "idle",
    title: "Reception of the Wintergarten",
    text: "Touch a button. Somebody answers at any time of the day.",
    buttons: ["Porter", "Doctor on call", "Taxi"],
    directory: [],
    ready: true,
    suspect: false,
  },
  starting: {
    screen: "idle",
    title: "Reception",
    text: "",
    buttons: ["Porter"],
    directory: [],
    ready: false,
    suspect: false,
  },
  suspect: {
    screen: "idle",
    title: "Reception",
    text: "",
    buttons: ["Porter"],
    directory: [],
    ready: true,
    suspect: true,
  },
  many: {
    screen: "idle",
    title: "Directory",
    text: "",
    buttons: ["Porter"],
    directory: Array.from({ length: 16 }, (_, at) => ({ contact: at + 1, name: `Department of things ${at + 1}` })),
    ready: true,
    suspect: false,
  },
  itself: { screen: "call", call: someCall({ ...incoming, answers_itself_ms: 78_000 }), can_answer: false },
  incoming: { screen: "call", call: someCall({ ...incoming }), can_answer: true },
  talking: { screen: "call", call: someCall(), can_answer: false },
  muted: { screen: "call", call: someCall({ muted: true }), can_answer: false },
  damaged: {
    screen: "fault",
    fault: {
      code: "profile",
      fault: { code: "damaged", line: 7, damage: { code: "unknown", name: "acount" } },
    },
  },
  account: { screen: "fault", fault: { code: "account", account: "desk" } },
  offline: { screen: "fault", fault: { code: "offline", cause: { kind: "no-answer" } } },
};

/** A kiosk that shows one screen and keeps what it is asked. */
export class FakeKiosk implements KioskBridge {
  readonly acts: KioskAction[] = [];
  readonly pins: string[] = [];
  readonly view: KioskView;

  constructor(scene: string, language: string) {
    this.view = {
      at_ms: 75_000,
      language,
      screen: SCREENS[scene] as KioskScreen,
      microphone_live: scene === "talking",
      can_leave: scene !== "damaged",
      hides_cursor: false,
    };
  }

  follow(draw: (view: KioskView) => void): Stop {
    draw(this.view);
    return () => {};
  }

  async act(action: KioskAction): Promise<void> {
    this.acts.push(action);
  }

  async leave(pin: string): Promise<boolean> {
    this.pins.push(pin);
    return pin === "4711";
  }
}

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Bridge } from "../bridge/bridge";
import type { AccountId, CallId, CallView, Contact, Snapshot } from "../bridge/types";
import { type Key, say, speakOf } from "../words/words";
import { AccountBar } from "./AccountBar";
import { Announcer } from "./Announcer";
import { type Assistant, AssistantContext, useAssistantShown } from "./assistant";
import { type Asked, mergeable, swapTo } from "./Calls";
import { ContactForm, newContact } from "./ContactForm";
import { Contacts } from "./Contacts";
import { type DialHow, type Doing, DoingContext, failedWords, makeDoing, type Toast } from "./doing";
import { History, useRemoval } from "./History";
import { useLoaded, useLook, useNow, useSnapshot, useWide } from "./hooks";
import { Icon, type IconName } from "./icons";
import { KeyWarning } from "./KeyChanged";
import { KeySheet } from "./KeySheet";
import { KeptContext } from "./kept";
import { Phone } from "./Phone";
import { RingingStrip, SnapshotContext } from "./Ringing";
import type { Section } from "./settings/Settings";
import { Toasts } from "./Toasts";
import { canTransfer } from "./Transfer";
import { callName, isEnded, isHeld, isIncoming, isTalking, stateWords } from "./texts";
import { type Keys, useKeys } from "./useKeys";
import { accountShown } from "./voicemail";

/** The settings are a third of the page, and of its words, and rarely wanted. */
async function loadSettings() {
  const [part] = await Promise.all([import("./settings/Settings"), speakOf("settings")]);
  return part;
}

type View = "phone" | "history" | "contacts" | "settings";
const VIEWS: readonly (readonly [View, IconName])[] = [
  ["phone", "phone"],
  ["history", "history"],
  ["contacts", "contacts"],
  ["settings", "settings"],
];

/** From this width on, lists stand beside the phone. */
const WIDE_REM = 45;

/** Whoever is called again so soon was called by the second click of a double click. */
const TWICE_MS = 800;

/** As much as the number field takes. */
const LONGEST_NUMBER = 255;

/** Answers of the page that are shown at a time. */
const MOST_TOASTS = 3;

/** The page. */
export function App({ bridge }: { bridge: Bridge }) {
  const snapshot = useSnapshot(bridge);
  const { letter_keys } = useLook(bridge, snapshot);
  if (!snapshot) return <p class="empty">{say("app.starting")}</p>;
  return <Window bridge={bridge} snapshot={snapshot} letters={letter_keys !== false} />;
}

interface WindowProps {
  bridge: Bridge;
  snapshot: Snapshot;
  /** Whether letters do something. */
  letters: boolean;
}

function Window({ bridge, snapshot, letters }: WindowProps) {
  const wide = useWide(WIDE_REM);
  const [view, setView] = useState<View>("phone");
  const [number, setNumber] = useState("");
  const [from, setFrom] = useState<AccountId | null>(null);
  const [calledAs, callAs] = useState<string | null>(null);
  const [chosen, choose] = useState<CallId | null>(null);
  const [keypadOf, setKeypadOf] = useState<CallId | null>(null);
  /** The number whose call the keypad is to open with. */
  const [expected, expect] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const [asked, ask] = useState<Asked | null>(null);
  const [draft, setDraft] = useState<Contact | null>(null);
  const [section, setSection] = useState<Section | null>(null);
  const [help, showHelp] = useState(false);
  const { toasts, tell, drop } = useToasts();
  const field = useRef<HTMLInputElement>(null);
  const now = useNow(snapshot, snapshot.calls.length > 0);
  const selected = selectedCall(snapshot.calls, chosen);
  const inCall = snapshot.calls.some((call) => !isEnded(call) && !isIncoming(call));
  const isInCall = useRef(inCall);
  isInCall.current = inCall;
  // Outside of calls the pad is open anyway: the next call begins without it.
  useEffect(() => setAdding(false), [inCall]);

  const shown = accountShown(snapshot, from);
  const callerId = calledAs && shown?.caller_ids.includes(calledAs) ? calledAs : null;
  /** Where the next call goes out from, and as whom. */
  const source = useRef({ account: from, callerId });
  const dialled = useRef({ as: "", at: Number.NEGATIVE_INFINITY });
  source.current = callerId && shown ? { account: shown.id, callerId } : { account: from, callerId: null };
  const dial = useCallback(
    (target: string, how: DialHow = {}) => {
      const { account, callerId } = source.current;
      const call = { as: [target, how.account, account, callerId].join("\n"), at: performance.now() };
      if (call.as === dialled.current.as && call.at - dialled.current.at < TWICE_MS) return;
      dialled.current = call;
      setView("phone");
      setNumber("");
      setAdding(false);
      expect(how.keypad ? target : null);
      const dial = { target, account: how.account ?? account, headers: [] };
      const command =
        callerId && !how.account
          ? ({ command: "dial-as", caller_id: callerId, dial } as const)
          : ({ command: "dial", ...dial } as const);
      bridge.send(command).catch((thrown) => {
        setNumber(target);
        tell(failedWords(thrown));
      });
    },
    [bridge, tell],
  );
  const openSettings = useCallback((wanted: Section | null) => {
    setSection(wanted);
    setView("settings");
  }, []);
  const doing = useMemo(
    () => makeDoing(bridge, { tell, dial, settings: openSettings }),
    [bridge, tell, dial, openSettings],
  );
  const assistant = useAssistantShown(snapshot, from, doing);
  const removal = useRemoval(doing);

  const settings = useLoaded(view === "settings", loadSettings, doing.failed);

  const opened = snapshot.calls.find((call) => expected !== null && call.remote.number === expected && isTalking(call));
  useEffect(() => {
    if (!opened) return;
    expect(null);
    setKeypadOf(opened.id);
  }, [opened?.id]);

  const fill = useCallback((target: string) => {
    setView("phone");
    setAdding(isInCall.current);
    setNumber(target);
  }, []);
  useEffect(() => bridge.onTarget(fill), [bridge, fill]);
  const redirect = useCallback((call: CallId) => {
    setView("phone");
    ask({ what: "redirect", call });
  }, []);
  useEffect(() => bridge.onRedirect(redirect), [bridge, redirect]);
  useEffect(() => {
    bridge.about().then(({ first_target, first_redirect }) => {
      if (first_target) fill(first_target);
      if (first_redirect !== null) redirect(first_redirect);
    }, doing.failed);
  }, [bridge, fill, redirect, doing]);

  const focusNumber = () => {
    setView("phone");
    setAdding(inCall);
    // The field may be drawn only after this.
    requestAnimationFrame(() => field.current?.focus());
  };
  const keys: Keys = {
    onNumber: focusNumber,
    onDigit: (digit) => {
      if (selected && isTalking(selected) && !adding) {
        if (digit === "+") return;
        doing.send({ command: "send-dtmf", call: selected.id, digits: [digit] });
      } else {
        setNumber((typed) => typed + digit);
        focusNumber();
      }
    },
    onPaste: (text) => {
      if (!selected || !isTalking(selected) || adding) {
        setNumber(text.slice(0, LONGEST_NUMBER));
        focusNumber();
        return true;
      }
      // Copied text carries marks of direction, which are not seen.
      const digits = [...text.replace(/[\s\p{Cf}]/gu, "").toUpperCase()];
      if (digits.every((digit) => "0123456789*#ABCD".includes(digit))) {
        doing.send({ command: "send-dtmf", call: selected.id, digits });
      } else doing.tell(say("dtmf.invalid"));
      return true;
    },
    onEscape: () => {
      const ringing = snapshot.calls.find(isIncoming);
      if (ringing) doing.send({ command: "decline", call: ringing.id });
      else if (adding) setAdding(false);
      else setKeypadOf(null);
    },
    onAnswer: () => {
      const ringing = snapshot.calls.find(isIncoming);
      if (ringing) doing.send({ command: "answer", call: ringing.id });
    },
    onHangUp: () => selected && doing.send({ command: "hang-up", call: selected.id }),
    onLetter: (letter) => {
      if (!letters) return false;
      if (letter === "d") doing.send({ command: "do-not-disturb", on: !snapshot.do_not_disturb });
      else return selected !== undefined && pressLetter(letter, selected);
      return true;
    },
    onSelect: (at) => choose(snapshot.calls[at]?.id ?? null),
    onView: (at) => VIEWS[at] && setView(VIEWS[at][0]),
    onHelp: () => showHelp(true),
  };
  useKeys(keys);

  /** What a letter does to the chosen call. */
  const pressLetter = (letter: string, call: CallView): boolean => {
    switch (letter) {
      case "m":
        if (call.elsewhere) return false;
        doing.send({ command: "mute", call: call.id, muted: !call.muted });
        return true;
      case "h":
        doing.send({ command: isHeld(call) ? "resume" : "hold", call: call.id });
        return true;
      case "r":
        if (call.elsewhere) return false;
        doing.send({ command: "record", call: call.id, on: !call.recording });
        return true;
      case "k":
        setKeypadOf(keypadOf === call.id ? null : call.id);
        return true;
      case "t":
        if (isTalking(call) && canTransfer(snapshot, call)) ask({ what: "transfer", call: call.id });
        return true;
      case "s": {
        const other = swapTo(snapshot);
        if (!other) return true;
        choose(other.id);
        doing.send({ command: "resume", call: other.id });
        return true;
      }
      case "j": {
        const calls = mergeable(snapshot);
        if (calls.length > 1) doing.send({ command: "merge", calls });
        return true;
      }
      default:
        return false;
    }
  };

  const phone = (
    <Phone
      snapshot={snapshot}
      now={now}
      from={from}
      number={number}
      onNumber={setNumber}
      field={field}
      selected={selected?.id ?? null}
      onSelect={choose}
      keypadOf={keypadOf}
      onKeypad={(call) => setKeypadOf(keypadOf === call ? null : call)}
      asked={asked}
      onAsk={ask}
      adding={adding}
      onAdding={setAdding}
    />
  );
  const beside = view === "phone" ? "history" : view;
  return (
    <Shared doing={doing} assistant={assistant} snapshot={snapshot}>
      <div class={wide ? "window wide" : "window"}>
        <header class="top">
          <AccountBar snapshot={snapshot} from={from} onFrom={setFrom} callerId={callerId} onCallerId={callAs} />
        </header>
        <Toasts
          snapshot={snapshot}
          toasts={toasts}
          onGone={drop}
          onTransfer={(call) => {
            setView("phone");
            ask({ what: "transfer", call });
          }}
          onAddCall={focusNumber}
        />
        <Announcer snapshot={snapshot} />
        {!wide && view !== "phone" && (
          <div class="strips">
            <RingingStrip snapshot={snapshot} onOpen={() => setView("phone")} />
            <CallStrip calls={snapshot.calls} onOpen={() => setView("phone")} />
          </div>
        )}
        <main class="views">
          {(wide || view === "phone") && phone}
          {(wide || view !== "phone") && (
            <div class="beside">
              {beside === "history" && (
                <History
                  snapshot={snapshot}
                  opened={view === "history"}
                  removal={removal}
                  onContact={(name, contactNumber) => setDraft(newContact(name, contactNumber))}
                />
              )}
              {beside === "contacts" && <Contacts snapshot={snapshot} onEdit={setDraft} />}
              {beside === "settings" && settings && (
                <settings.Settings snapshot={snapshot} section={section} onSection={setSection} />
              )}
            </div>
          )}
        </main>
        <Tabs view={wide ? beside : view} wide={wide} missed={snapshot.missed} onView={setView} />
        <KeyWarning snapshot={snapshot} />
        {draft && <ContactForm contact={draft} onClose={() => setDraft(null)} />}
        {help && <KeySheet onClose={() => showHelp(false)} />}
      </div>
    </Shared>
  );
}

/** What every view has. */
function Shared({
  doing,
  assistant,
  snapshot,
  children,
}: {
  doing: Doing;
  assistant: Assistant | null;
  snapshot: Snapshot;
  children: ComponentChildren;
}) {
  const kept = useRef(new Map<string, unknown>()).current;
  return (
    <DoingContext.Provider value={doing}>
      <AssistantContext.Provider value={assistant}>
        <SnapshotContext.Provider value={snapshot}>
          <KeptContext.Provider value={kept}>{children}</KeptContext.Provider>
        </SnapshotContext.Provider>
      </AssistantContext.Provider>
    </DoingContext.Provider>
  );
}

/** The call that keys go to: the one chosen while it lives, else the one in conversation, else the newest. */
function selectedCall(calls: CallView[], chosen: CallId | null): CallView | undefined {
  const living = calls.filter((call) => !isEnded(call) && !isIncoming(call));
  return living.find(({ id }) => id === chosen) ?? living.find(isTalking) ?? living.at(-1);
}

function useToasts() {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const shown = useRef<readonly Toast[]>([]);
  const numbered = useRef(0);
  const show = useCallback((next: readonly Toast[]) => {
    shown.current = next;
    setToasts(next);
  }, []);
  const drop = useCallback((id: number) => show(shown.current.filter((toast) => toast.id !== id)), [show]);
  const tell = useCallback(
    (message: string, action?: Toast["action"]) => {
      numbered.current += 1;
      const toast = { id: numbered.current, message, ...(action ? { action } : {}) };
      // What is told again is told once.
      const all = [...shown.current.filter((other) => other.message !== message || other.action), toast];
      for (const crowded of all.slice(0, -MOST_TOASTS)) crowded.action?.otherwise?.();
      show(all.slice(-MOST_TOASTS));
    },
    [show],
  );
  return { toasts, tell, drop };
}

/** The way back to a call while a list covers it. */
function CallStrip({ calls, onOpen }: { calls: CallView[]; onOpen: () => void }) {
  const call = selectedCall(calls, null);
  if (!call) return null;
  return (
    <button type="button" class="call-strip" onClick={onOpen}>
      <Icon name="phone" />
      <span>
        <bdi>{callName(call)}</bdi> · {stateWords(call.state)}
      </span>
      <small>{say("app.back-to-call")}</small>
    </button>
  );
}

interface TabsProps {
  view: View;
  wide: boolean;
  missed: number;
  onView: (view: View) => void;
}

function Tabs({ view, wide, missed, onView }: TabsProps) {
  return (
    <nav class="tabs" aria-label={say("app.views")}>
      {VIEWS.filter(([name]) => !wide || name !== "phone").map(([name, icon]) => (
        <button key={name} type="button" aria-current={view === name ? "page" : undefined} onClick={() => onView(name)}>
          <Icon name={icon} />
          <span>{say(`app.${name}` as Key)}</span>
          {name === "history" && missed > 0 && (
            <span class="badge">
              <span aria-hidden="true">{missed}</span>
              <span class="unseen">{say("app.missed", { count: missed })}</span>
            </span>
          )}
        </button>
      ))}
    </nav>
  );
}

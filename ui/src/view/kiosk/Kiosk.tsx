import { useEffect, useState } from "preact/hooks";
import type { KioskBridge } from "../../bridge/bridge";
import type { KioskAction, KioskFault, KioskScreen, KioskView } from "../../bridge/types";
import { isolated, say } from "../../words/words";
import { useNow, useWear } from "../hooks";
import { offlineWords } from "../texts";
import { fileWords } from "../troubles";
import { KioskCall } from "./KioskCall";
import { KioskIdle } from "./KioskIdle";
import { Leave, WayOut } from "./Leave";

/** The one page of a kiosk. It says what the phone tells, and asks what its profile allows; there is no dialog. */
export function Kiosk({ bridge }: { bridge: KioskBridge }) {
  const [view, draw] = useState<KioskView | null>(null);
  const [drawn, count] = useState(0);
  const [leaving, leave] = useState(false);
  useEffect(
    () =>
      bridge.follow((next) => {
        draw(next);
        count((n) => n + 1);
      }),
    [bridge],
  );
  useEffect(() => {
    const keep = (event: Event) => event.preventDefault();
    document.addEventListener("contextmenu", keep);
    return () => document.removeEventListener("contextmenu", keep);
  }, []);
  useWear(view?.language ?? "", "system");
  const clock = view ? { revision: drawn, at_ms: view.at_ms } : null;
  const now = useNow(clock, view?.screen.screen === "call");
  if (!view) return <main class="kiosk" />;
  // Nothing comes of a touch that is too late; what becomes of one is on the screen.
  const act = (action: KioskAction) => void bridge.act(action).catch(() => {});
  return (
    <main class={view.hides_cursor ? "kiosk no-cursor" : "kiosk"}>
      {view.microphone_live && (
        <p class="kiosk-live" role="status">
          {say("kiosk.live")}
        </p>
      )}
      {leaving ? (
        <Leave bridge={bridge} onBack={() => leave(false)} />
      ) : (
        <Screen screen={view.screen} now={now} act={act} />
      )}
      {view.can_leave && !leaving && <WayOut onHeld={() => leave(true)} />}
    </main>
  );
}

interface Props {
  screen: KioskScreen;
  now: number;
  act: (action: KioskAction) => void;
}

function Screen({ screen, now, act }: Props) {
  switch (screen.screen) {
    case "idle":
      return <KioskIdle screen={screen} act={act} />;
    case "call":
      return <KioskCall call={screen.call} canAnswer={screen.can_answer} now={now} act={act} />;
    case "fault":
      return (
        <section class="kiosk-fault" role="alert">
          <h1>{say(`kiosk.${screen.fault.code}`)}</h1>
          <p>{say(`kiosk.${screen.fault.code}-help`)}</p>
          <p class="kiosk-code">{say("kiosk.code", { code: CODES[screen.fault.code] })}</p>
          <p class="kiosk-detail">{detailWords(screen.fault)}</p>
        </section>
      );
  }
}

/** More, for staff. */
function detailWords(fault: KioskFault): string {
  switch (fault.code) {
    case "profile":
      return fileWords(fault.fault);
    case "account":
      return isolated(fault.account);
    case "offline":
      return fault.cause ? offlineWords(fault.cause) : say("account.disabled");
  }
}

/** What staff can say on the telephone. */
const CODES = { profile: "K1", account: "K2", offline: "K3" } as const;

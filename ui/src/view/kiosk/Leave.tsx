import { useEffect, useRef, useState } from "preact/hooks";
import type { KioskBridge } from "../../bridge/bridge";
import { say } from "../../words/words";

/** How long the corner is held, in ms: nobody does that by chance. */
const HELD_MS = 3000;

/** As many digits as a PIN may have. */
const LONGEST = 32;

/** A corner that shows nothing; who holds it is asked for the PIN. */
export function WayOut({ onHeld }: { onHeld: () => void }) {
  const timer = useRef<number | undefined>(undefined);
  const release = () => window.clearTimeout(timer.current);
  useEffect(() => release, []);
  return (
    <div
      class="kiosk-corner"
      aria-hidden="true"
      onPointerDown={() => {
        release();
        timer.current = window.setTimeout(onHeld, HELD_MS);
      }}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
    />
  );
}

/** Asks for the PIN. Whether it is right, and how long the next try waits, is said by the phone. */
export function Leave({ bridge, onBack }: { bridge: KioskBridge; onBack: () => void }) {
  const [pin, setPin] = useState("");
  const [state, setState] = useState<"typing" | "asking" | "wrong">("typing");
  const ask = () => {
    setState("asking");
    setPin("");
    bridge.leave(pin).then(
      (right) => setState(right ? "typing" : "wrong"),
      () => setState("wrong"),
    );
  };
  const type = (digit: string) => {
    setState("typing");
    setPin((typed) => (typed + digit).slice(0, LONGEST));
  };
  return (
    <section class="kiosk-leave">
      <h1>{say("kiosk.pin")}</h1>
      <p role="status">
        {state === "asking" ? say("kiosk.looking") : state === "wrong" ? say("kiosk.wrong") : "•".repeat(pin.length)}
      </p>
      <div class="kiosk-digits">
        {[..."123456789"].map((digit) => (
          <button key={digit} type="button" disabled={state === "asking"} onClick={() => type(digit)}>
            {digit}
          </button>
        ))}
        <button type="button" onClick={onBack}>
          {say("kiosk.back")}
        </button>
        <button type="button" disabled={state === "asking"} onClick={() => type("0")}>
          0
        </button>
        <button type="button" class="end" disabled={state === "asking" || !pin} onClick={ask}>
          {say("kiosk.leave")}
        </button>
      </div>
    </section>
  );
}

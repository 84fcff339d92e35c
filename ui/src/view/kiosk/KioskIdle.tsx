import { useState } from "preact/hooks";
import type { KioskAction, KioskScreen } from "../../bridge/types";
import { say } from "../../words/words";
import { KioskClock } from "./KioskClock";

/** As many as fit on the smallest screen without scrolling; a further place leads on. */
const ON_A_PAGE = 11;

interface Props {
  screen: Extract<KioskScreen, { screen: "idle" }>;
  act: (action: KioskAction) => void;
}

/** The screen on which nothing goes on: the time, who can be called, and whether that works. */
export function KioskIdle({ screen, act }: Props) {
  const { ready, suspect } = screen;
  const people: [key: string, label: string, action: KioskAction][] = [
    ...screen.buttons.map((label, button) => [label, label, { action: "dial", button }] as (typeof people)[0]),
    ...screen.directory.map(
      ({ contact, name }) => [`${contact}`, name, { action: "call", contact }] as (typeof people)[0],
    ),
  ];
  const [from, go] = useState(0);
  const start = from < people.length ? from : 0;
  const all = people.length <= ON_A_PAGE + 1;
  return (
    <section class="kiosk-idle">
      <KioskClock />
      <h1>{screen.title || "Sidetone"}</h1>
      {screen.text && <p>{screen.text}</p>}
      <div class="kiosk-buttons">
        {(all ? people : people.slice(start, start + ON_A_PAGE)).map(([key, label, action]) => (
          <button key={key} type="button" disabled={!ready} onClick={() => act(action)}>
            <bdi>{label}</bdi>
          </button>
        ))}
        {!all && (
          <button type="button" onClick={() => go(start + ON_A_PAGE)}>
            {say("kiosk.more")}
          </button>
        )}
      </div>
      <p class="kiosk-lamp" role="status">
        <span class={!ready ? "lamp" : suspect ? "lamp bad" : "lamp good"} aria-hidden="true" />
        {say(!ready ? "kiosk.starting" : suspect ? "kiosk.suspect" : "kiosk.ready")}
      </p>
    </section>
  );
}

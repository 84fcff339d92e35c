import { useEffect, useState } from "preact/hooks";
import { spokenLocale } from "../../words/words";

const MINUTE_MS = 60_000;

/** The time of the day and the date, as they are written where the kiosk stands. It is looked at when a minute begins, and at no
 * other time; whoever sets the clock, or the time zone, waits for the next one. It is no live region: nobody wants to be told. */
export function KioskClock() {
  const [now, tell] = useState(() => new Date());
  useEffect(() => {
    let timer: number | undefined;
    const look = () => {
      const at = new Date();
      tell(at);
      timer = window.setTimeout(look, MINUTE_MS - (at.getTime() % MINUTE_MS));
    };
    look();
    return () => window.clearTimeout(timer);
  }, []);
  const written = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(spokenLocale(), options).format(now);
  return (
    <p class="kiosk-clock">
      <time>{written({ hour: "numeric", minute: "2-digit" })}</time>
      <span>{written({ weekday: "long", day: "numeric", month: "long" })}</span>
    </p>
  );
}

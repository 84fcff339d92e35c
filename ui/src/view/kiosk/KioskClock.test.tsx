import { act, cleanup, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Language, speak } from "../../words/words";
import { KioskClock } from "./KioskClock";

beforeEach(async () => {
  await speak("de");
  vi.useFakeTimers();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** What stands on the clock, without the spaces that some languages do not break at. */
const shown = () => (document.querySelector(".kiosk-clock time")?.textContent ?? "").replace(/\s/gu, " ");

/** Local time, wherever the test runs. */
const at = (hour: number, minute: number, second: number) =>
  vi.setSystemTime(new Date(2026, 10, 28, hour, minute, second));

test("the clock changes when a minute begins, and does nothing in between", () => {
  at(14, 5, 42);
  render(<KioskClock />);
  expect(shown()).toBe("14:05");
  expect(screen.getByText("Samstag, 28. November")).toBeTruthy();
  act(() => void vi.advanceTimersByTime(17_900));
  expect(shown()).toBe("14:05");
  act(() => void vi.advanceTimersByTime(200));
  expect(shown()).toBe("14:06");
  const asked = vi.spyOn(window, "setTimeout");
  act(() => void vi.advanceTimersByTime(10 * 60_000));
  expect(shown()).toBe("14:16");
  expect(asked).toHaveBeenCalledTimes(10);
});

test("a clock that is set, forwards or back, is shown with the next minute, and from then on at its beginnings", () => {
  for (const [hour, minute, then] of [
    [3, 30, "3:31"],
    [23, 59, "0:00"],
  ] as const) {
    at(14, 5, 50);
    const { unmount } = render(<KioskClock />);
    at(hour, minute, 55);
    act(() => void vi.advanceTimersByTime(10_000));
    expect(shown()).toBe(then);
    act(() => void vi.advanceTimersByTime(54_900));
    expect(shown()).toBe(then);
    act(() => void vi.advanceTimersByTime(200));
    expect(shown()).not.toBe(then);
    unmount();
  }
});

test("the hours are counted as where the language is spoken", async () => {
  at(14, 5, 0);
  for (const [language, languages, time] of [
    ["en", ["en-US"], "2:05 PM"],
    ["en", ["en-GB"], "14:05"],
    ["fr", ["fr-CA", "en"], "14 h 05"],
    ["es", ["de-DE"], "14:05"],
  ] as [Language, string[], string][]) {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(languages);
    await speak(language);
    const { unmount } = render(<KioskClock />);
    expect(shown()).toBe(time);
    unmount();
  }
});

test("a clock that is gone asks for nothing any more", () => {
  at(14, 5, 42);
  const { unmount } = render(<KioskClock />);
  unmount();
  // What draws views waits for nothing so long.
  vi.advanceTimersByTime(5_000);
  expect(vi.getTimerCount()).toBe(0);
});

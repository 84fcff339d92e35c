import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, expect, test } from "vitest";
import { FakeIncoming } from "../bridge/fake";
import { someAccount, someCall } from "../bridge/fake-snapshot";
import type { CallView, Cause, Notice } from "../bridge/types";
import { scene } from "../test/scenes";
import { openScene as open, press } from "../test/window";
import { Incoming } from "./Incoming";

afterEach(cleanup);

test("a number typed on the keys is called from the account that was chosen", async () => {
  const phone = open("idle");
  fireEvent.change(screen.getByLabelText("Account to call from"), { target: { value: "practice" } });
  for (const digit of ["6", "0", "0"]) fireEvent.keyDown(window, { key: digit });
  fireEvent.submit(
    (await screen.findByRole("combobox", { name: "Name or number" })).closest("form") as HTMLFormElement,
  );
  expect(phone.sent).toContainEqual({ command: "dial", target: "600", account: "practice", headers: [] });
});

test("an account with several caller ids calls as the one that is chosen", async () => {
  const phone = open("caller");
  const dial = async (number: string) => {
    const field = await screen.findByRole("combobox", { name: "Name or number" });
    fireEvent.input(field, { target: { value: number } });
    fireEvent.submit(field.closest("form") as HTMLFormElement);
  };
  await dial("echo");
  const call = { target: "echo", account: null, headers: [] };
  expect(phone.sent).toContainEqual({ command: "dial", ...call });
  fireEvent.change(screen.getByLabelText("Call as"), { target: { value: "reception" } });
  await dial("echo");
  const dialled = { ...call, account: "caller" };
  expect(phone.sent).toContainEqual({ command: "dial-as", caller_id: "reception", dial: dialled });
});

test("digits from the clipboard are sent in a call, and what is none is refused in words", async () => {
  const phone = open("talking");
  const paste = (text: string) => {
    const event = new Event("paste", { cancelable: true });
    Object.assign(event, { clipboardData: { getData: () => text } });
    act(() => void window.dispatchEvent(event));
  };
  paste("12 34#a");
  expect(phone.sent.at(-1)).toEqual({ command: "send-dtmf", call: 1, digits: ["1", "2", "3", "4", "#", "A"] });
  paste("12x4");
  expect(phone.sent).toHaveLength(1);
  expect(await screen.findByText("Invalid DTMF string: only 0-9 * # A-D can be sent")).toBeTruthy();
});

test("why a call could not be is said in words", () => {
  const phone = open("idle");
  const ended = (cause: Cause) => {
    act(() => phone.show({ calls: [someCall({ state: { state: "ended", cause } })] }));
    return screen.getByRole("listitem", { name: /Ada Lovelace/ }).textContent;
  };
  expect(ended({ kind: "too-many-calls", most: 1 })).toContain("Too many calls");
  expect(ended({ kind: "not-found", code: 480 })).toContain("Nobody can be reached there now (SIP 480)");
  expect(ended({ kind: "not-found", code: 404 })).toContain("There is no such number (SIP 404)");
  expect(ended({ kind: "not-supported" })).toContain("Not supported: there is neither");
  expect(ended({ kind: "service-silent" })).toMatch(/No answer from the service(?! \(SIP)/);
  expect(ended({ kind: "not-callable", fault: { code: "not-a-name", words: "Invalid serviceName" } })).toContain(
    "This cannot be called: “\u2068Invalid serviceName\u2069”",
  );
});

test("the first character tells the phone that a call is coming", () => {
  const phone = open("idle");
  const field = screen.getByRole("combobox", { name: "Name or number" });
  fireEvent.input(field, { target: { value: "6" } });
  fireEvent.input(field, { target: { value: "60" } });
  expect(phone.sent).toEqual([{ command: "prepare", account: null }]);
});

test("an account without its server says why, and leads to where it is set", () => {
  const phone = open("offline");
  expect(screen.getByText("The server refused the user name or password (403)")).toBeTruthy();
  act(() => phone.show({ accounts: [someAccount("practice"), ...phone.snapshot.accounts] }));
  expect(screen.getByText(/: the server refused the user name or password \(403\)/)).toBeTruthy();
  press("Open accounts");
  expect(screen.getByRole("button", { name: "Settings" }).getAttribute("aria-current")).toBeTruthy();
});

test("a call shows its state in words, its timer and its buttons", () => {
  const phone = open("talking");
  expect(screen.getByRole("listitem", { name: /Ada Lovelace.*connected/ })).toBeTruthy();
  expect(screen.getByRole("timer").textContent).toBe("01:01");
  press("Mute");
  press("Hold");
  press("Hang up");
  expect(phone.sent.map(({ command }) => command)).toEqual(["mute", "hold", "hang-up"]);
});

test("a call at the desk phone is drawn with what there is of it, and nothing of it is dead", () => {
  const phone = open("desk");
  expect(screen.getAllByText("controls your desk phone").length).toBeGreaterThan(0);
  const talking = within(screen.getByRole("listitem", { name: /Zoë.*connected/ }));
  expect(talking.getByText("You speak and listen on your desk phone.")).toBeTruthy();
  expect(talking.getAllByRole("button").map((button) => button.textContent)).toEqual([
    "Hold",
    "Keypad",
    "Transfer",
    "Hang up",
  ]);
  expect(talking.queryByRole("meter")).toBeNull();
  const ringing = within(screen.getByRole("listitem", { name: /Ada Lovelace.*incoming/ }));
  expect(ringing.queryByRole("button", { name: "Silence" })).toBeNull();
  press("Merge");
  fireEvent.keyDown(window, { key: "m" });
  fireEvent.keyDown(window, { key: "r" });
  expect(phone.sent).toEqual([{ command: "merge", calls: [1, 2] }]);
});

test("in a call the digits of the keyboard go to the other side", () => {
  const phone = open("talking");
  fireEvent.keyDown(window, { key: "5" });
  fireEvent.keyDown(window, { key: "#" });
  expect(phone.sent).toEqual([
    { command: "send-dtmf", call: 1, digits: ["5"] },
    { command: "send-dtmf", call: 1, digits: ["#"] },
  ]);
});

test("a key of the keypad sounds as long as it is held", () => {
  const phone = open("talking");
  press("Keypad");
  const key = screen.getByRole("button", { name: "5 JKL" });
  fireEvent.pointerDown(key);
  expect(phone.sent.at(-1)).toEqual({ command: "press-key", call: 1, digit: "5" });
  fireEvent.pointerUp(key);
  expect(phone.sent.at(-1)).toEqual({ command: "release-key", call: 1 });
});

test("two calls can be merged and swapped", () => {
  const phone = open("two");
  press("Merge");
  press("Swap");
  expect(phone.sent).toEqual([
    { command: "merge", calls: [1, 2] },
    { command: "resume", call: 1 },
  ]);
});

test("a conference shows its members and can be split, held and ended", () => {
  const phone = open("conference");
  expect(screen.getByText("3 members")).toBeTruthy();
  press("Split");
  press("Hold all");
  press("End all");
  press(/Take out: .*Bob Marsh/);
  expect(phone.sent).toEqual([
    { command: "split" },
    { command: "hold-conference" },
    { command: "end-conference" },
    { command: "leave", call: 2 },
  ]);
});

test("a call is transferred now, after a talk, or to the other call", async () => {
  const phone = open("two");
  press("Transfer");
  fireEvent.input(await screen.findByLabelText("Name or number", { selector: ".sheet input" }), {
    target: { value: "603" },
  });
  press("Talk first");
  press("Transfer");
  press(/^To .*Bob Marsh/);
  expect(phone.sent).toEqual([
    { command: "transfer", call: 2, to: { to: "consult", target: "603" } },
    { command: "transfer", call: 2, to: { to: "call", call: 1 } },
  ]);
});

test("a call is parked where its account parks calls", async () => {
  const phone = open("two");
  act(() => phone.show({ accounts: phone.snapshot.accounts.map((account) => ({ ...account, park_number: "700" })) }));
  fireEvent.click(screen.getAllByRole("button", { name: "Transfer" })[0] as HTMLElement);
  fireEvent.click(await screen.findByRole("button", { name: /Park at .*700/ }));
  expect(phone.sent).toEqual([{ command: "transfer", call: 2, to: { to: "blind", target: "700" } }]);
});

test("the key of a favourite with a lamp says what goes on there, and picks up what rings", async () => {
  const phone = open("idle");
  fireEvent.click(await screen.findByRole("button", { name: /Bob Marsh.*Ringing: pick up/ }));
  expect(phone.sent).toEqual([{ command: "pick-up", number: "2002" }]);
  act(() => phone.show({ lamps: [{ number: "2002", state: "busy", pick_up: false }] }));
  fireEvent.click(screen.getByRole("button", { name: /Bob Marsh.*Busy/ }));
  expect(phone.sent.at(-1)).toMatchObject({ command: "dial", target: "2002" });
});

test("who is asked to call somebody else answers the question", async () => {
  const phone = open("talking");
  phone.show({ calls: [someCall({ transfer: { step: "asked", target: "2003" } })] });
  fireEvent.click(await screen.findByRole("button", { name: "Refuse" }));
  expect(phone.sent).toEqual([{ command: "allow-transfer", call: 1, allow: false }]);
});

test("a second call is answered by holding or by ending the first", () => {
  const phone = open("second");
  press("Hold and answer");
  press("End and answer");
  press("Decline");
  expect(phone.sent).toEqual([
    { command: "answer", call: 2 },
    { command: "end-and-answer", call: 2 },
    { command: "decline", call: 2 },
  ]);
});

test("an ended call says why, and takes no more orders", () => {
  open("ended");
  expect(screen.getByText("Busy (SIP 486)")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Hang up" })).toBeNull();
});

test("what the snapshot no longer holds is gone", () => {
  const phone = open("talking");
  phone.show({ calls: [someCall({ id: 9, remote: { name: "", number: "608", uri: "" } })] });
  return screen.findByText("608").then(() => expect(screen.queryByText("Ada Lovelace")).toBeNull());
});

test("a link fills the number field and dials nothing", async () => {
  const phone = open("idle");
  phone.link("+4930123");
  expect(await screen.findByDisplayValue("+4930123")).toBeTruthy();
  expect(phone.sent.filter(({ command }) => command === "dial")).toEqual([]);
});

test("missed calls are counted at the history, and seen once it is opened", async () => {
  const phone = open("idle");
  expect(screen.getByText("2 missed calls")).toBeTruthy();
  press(/History/);
  expect((await screen.findAllByRole("button", { name: /Call .*Zoë/ })).length).toBe(2);
  expect(phone.asked).toContain("markSeen");
});

test("the history tells which calls the phone answered by itself", async () => {
  open("idle");
  press(/History/);
  expect(await screen.findByText(/Answered by itself, 00:42/)).toBeTruthy();
});

test("missed calls beside the phone count as seen once the list is touched", () => {
  const phone = open("idle", 1100);
  expect(phone.asked).not.toContain("markSeen");
  fireEvent.pointerDown(screen.getByRole("region", { name: "History" }));
  expect(phone.asked).toContain("markSeen");
});

test("messages that wait are counted, and heard by key 1 held down or a click", async () => {
  const phone = open("idle");
  press("Hear the voice messages: 3 new messages");
  const key = screen.getByRole("button", { name: "1" });
  fireEvent.pointerDown(key);
  await waitFor(() => expect(phone.sent.filter(({ command }) => command === "dial")).toHaveLength(2));
  fireEvent.pointerUp(key);
  fireEvent.click(key);
  const call = { command: "dial", target: "*97", account: "office", headers: [] };
  expect(phone.sent).toEqual([call, call]);
  expect(screen.getByRole<HTMLInputElement>("combobox", { name: "Name or number" }).value).toBe("");
});

test("the 0 held down is a plus", async () => {
  open("idle");
  const field = screen.getByRole<HTMLInputElement>("combobox", { name: "Name or number" });
  const key = screen.getByRole("button", { name: "0 +" });
  fireEvent.pointerDown(key);
  await waitFor(() => expect(field.value).toBe("+"));
  fireEvent.pointerUp(key);
  fireEvent.click(key);
  fireEvent.pointerDown(key);
  fireEvent.pointerUp(key);
  fireEvent.click(key);
  expect(field.value).toBe("+0");
});

/** Shows the notices whole, where a call has them in short. */
const unfold = () => {
  const short = screen.queryByRole("button", { name: /^Show (?:the whole|all)/ });
  if (short) fireEvent.click(short);
};

test("a notice offers what to do about it", () => {
  const phone = open("notices");
  unfold();
  const [dismiss] = screen.getAllByRole("button", { name: /^Dismiss/ });
  fireEvent.click(dismiss as HTMLElement);
  expect(phone.sent).toEqual([{ command: "dismiss-notice", notice: 1 }]);
  expect(screen.getByRole("button", { name: /^Open devices/ })).toBeTruthy();
});

test("the newest of several notices is a short row, behind which all are, and during a call each is", () => {
  const phone = open("beset");
  const region = screen.getByRole("region", { name: "Notices" });
  expect(region.querySelectorAll(".toast").length).toBe(1);
  expect(region.textContent).toMatch(/^Sound device Speaker: cannot be used.*6$/);
  fireEvent.click(within(region).getByRole("button", { name: /^Dismiss: sound device, Speaker/ }));
  expect(phone.sent).toEqual([{ command: "dismiss-notice", notice: 6 }]);
  fireEvent.click(within(region).getByRole("button", { name: "Show all 6 notices" }));
  expect(within(region).getAllByRole("button", { name: /^Dismiss/ }).length).toBe(6);
  fireEvent.click(within(region).getByRole("button", { name: "Show the notices in short" }));
  expect(region.querySelectorAll(".toast").length).toBe(1);
  // One alone is whole where no call wants the room.
  act(() => phone.show({ calls: [] }));
  expect(region.querySelectorAll(".toast").length).toBe(1);
  act(() => phone.show({ notices: phone.snapshot.notices.slice(-1) }));
  expect(within(region).getByRole("button", { name: /^Open devices: sound device, Speaker/ })).toBeTruthy();
  expect(within(region).queryByRole("button", { name: /^Show/ })).toBe(null);
});

test("buttons of notices are known by what they are about, in each language", async () => {
  const phone = open("beset");
  unfold();
  for (const language of ["en", "fr", "de", "es"]) {
    await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language } });
    await waitFor(() => expect(document.documentElement.lang).toBe(language));
    const names = [...document.querySelectorAll(".toasts .toast:not(.brief) button")].map((button) =>
      button.getAttribute("aria-label"),
    );
    expect(names.length).toBeGreaterThan(9);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => name?.match(/ ?: .{20}/))).toBe(true);
  }
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "en" } });
  await waitFor(() => expect(document.documentElement.lang).toBe("en"));
});

test("a recording without a folder, and a call without an account, lead to their settings", () => {
  const phone = open("idle");
  const way = (notice: Notice) => {
    act(() => phone.show({ notices: [notice] }));
    unfold();
    return screen.getByRole("region", { name: "Notices" }).textContent;
  };
  expect(
    way({ id: 1, code: "recording-failed", trouble: { code: "recording", fault: { code: "no-folder" } }, call: 1 }),
  ).toMatch(/Recording There is no folder for recordings.*Open settings/);
  expect(way({ id: 2, code: "dial-failed", trouble: { code: "no-account" }, call: null })).toMatch(
    /no account.*Open accounts/,
  );
  expect(way({ id: 3, code: "dial-failed", trouble: { code: "not-ringing" }, call: 1 })).not.toMatch(/Open/);
});

test("what did not work with calls is tried again, or led on from, by the notice itself", () => {
  const phone = open("two");
  const [held, talking] = phone.snapshot.calls as [CallView, CallView];
  const touch = (notice: Omit<Notice, "id">, words: string) => {
    phone.sent.length = 0;
    act(() => phone.show({ notices: [{ ...notice, id: 7 }] }));
    unfold();
    const region = within(screen.getByRole("region", { name: "Notices" }));
    fireEvent.click(region.getByText(words));
    return phone.sent.filter(({ command }) => command !== "dismiss-notice");
  };
  const refused = { code: "change-refused" as const, status: 500, text: "no" };
  expect(touch({ code: "hold-failed", trouble: refused, call: talking.id }, "Try again")).toEqual([
    { command: "hold", call: talking.id },
  ]);
  expect(phone.sent).toContainEqual({ command: "dismiss-notice", notice: 7 });
  expect(touch({ code: "hold-failed", trouble: refused, call: held.id }, "Try again")).toEqual([
    { command: "resume", call: held.id },
  ]);
  const lost = { code: "lost-from-conference" as const, call: held.id };
  expect(touch({ code: "conference-failed", trouble: lost, call: held.id }, "Merge")).toEqual([
    { command: "merge", calls: [held.id, talking.id] },
  ]);
  const failed = { code: "transfer-failed" as const, fault: { code: "not-connected" as const } };
  touch({ code: "transfer-failed", trouble: failed, call: talking.id }, "Transfer again");
  expect(screen.getByRole("dialog", { name: /^Transfer/ })).toBeTruthy();
});

test("a conference of one call leads to another call, digits nobody takes to their setting, a lost history to its folder", async () => {
  const phone = open("talking");
  const touch = (notice: Omit<Notice, "id" | "call">, words: string) => {
    act(() => phone.show({ notices: [{ ...notice, id: 8, call: null }] }));
    unfold();
    const region = within(screen.getByRole("region", { name: "Notices" }));
    fireEvent.click(region.getByText(words));
  };
  touch({ code: "conference-failed", trouble: { code: "conference-of-two" } }, "Add call");
  expect(screen.getByRole("button", { name: "Close the dial pad" })).toBeTruthy();
  touch({ code: "book", trouble: { code: "history-too-slow" } }, "Open the phone's folder");
  await waitFor(() => expect(phone.asked).toContain("showFolder data"));
  touch({ code: "dtmf-failed", trouble: { code: "no-digits" } }, "Open settings");
  expect(await screen.findByRole("heading", { name: "Calls" })).toBeTruthy();
});

test("a call without audio from the other side says so, and what to do", () => {
  open("one-way");
  const quality = screen.getByText("Bad quality: no audio arrives from the other side");
  expect(quality.title).toBe("192.0.2.1:40000 – 198.51.100.2:50000 (host – host)");
  expect(screen.getByText(/The fault is at the other side or between/)).toBeTruthy();
});

test("a relay that refuses the password is told, with the way to its settings", async () => {
  open("notices");
  unfold();
  expect(screen.getByText("TURN server refused the password")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: /^Open network/ }));
  expect(await screen.findByRole("heading", { name: "Network" })).toBeTruthy();
});

test("an account that cannot sign in says why", () => {
  open("offline");
  expect(screen.getByText("The server refused the user name or password (403)")).toBeTruthy();
});

test("the first run lists what is to be done, and calls the echo", async () => {
  const phone = open("first");
  fireEvent.click(await screen.findByRole("button", { name: /Call .*600/ }));
  expect(phone.sent).toContainEqual({ command: "dial", target: "600", account: "practice", headers: [] });
});

test("a screen reader hears what changed, and nothing twice", async () => {
  const phone = open("two");
  const status = () => screen.getAllByRole("status").find((part) => part.classList.contains("unseen"))?.textContent;
  await waitFor(() => expect(status()).toContain("Bob Marsh"));
  const [held, talking] = phone.snapshot.calls as [CallView, CallView];
  act(() => phone.show({ calls: [held, { ...talking, muted: false }] }));
  await waitFor(() => expect(status()).toContain("connected, Recording"));
  expect(status()).not.toContain("Bob Marsh");
  act(() => phone.show({ calls: [held, talking, { ...talking, id: 9, state: { state: "incoming" } }] }));
  await waitFor(() => expect(screen.getAllByRole("alert")[0]?.textContent).toContain("incoming call"));
});

test("the page speaks the language of the settings, forms by number included", async () => {
  const phone = open("idle");
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "de" } });
  await screen.findByRole("button", { name: "Nicht stören" });
  await waitFor(() => expect(document.documentElement.lang).toBe("de"));
  expect(screen.getByText("2 verpasste Anrufe")).toBeTruthy();
  act(() => phone.show({ missed: 1 }));
  expect(await screen.findByText("1 verpasster Anruf")).toBeTruthy();
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "en" } });
  await screen.findByRole("button", { name: "Do not disturb" });
});

test("a ringing call is redirected to somebody who is known", async () => {
  const phone = open("incoming");
  press("Redirect");
  const dialog = screen.getByRole("dialog", { name: /Redirect .*Zoë/ });
  fireEvent.input(within(dialog).getByLabelText("Name or number"), { target: { value: "Bob" } });
  fireEvent.click(await within(dialog).findByRole("button", { name: /Bob Marsh/ }));
  fireEvent.click(within(dialog).getByRole("button", { name: "Redirect" }));
  expect(phone.sent).toContainEqual({ command: "redirect", call: 1, target: "2002" });
});

test("the window of a ringing call says why an answer was not taken", async () => {
  const incoming = new FakeIncoming(scene("incoming"));
  incoming.act = () => Promise.reject({ code: "stopped" });
  render(<Incoming bridge={incoming} look={{ language: "en", theme: "system" }} />);
  press("Answer");
  expect((await screen.findByRole("alert")).textContent).toContain("The phone is not running");
});

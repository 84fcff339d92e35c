import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, expect, test } from "vitest";
import { someCall } from "../bridge/fake-snapshot";
import { openScene as open, press } from "../test/window";

afterEach(cleanup);

const ringing = (id: number) =>
  someCall({
    id,
    direction: "incoming",
    state: { state: "incoming" },
    answered_ms: null,
    media: null,
    remote: { name: "Zoë", number: "700", uri: "" },
  });

test("a call that rings behind a dialog is told there, and answered or declined from there", async () => {
  const phone = open("talking");
  fireEvent.keyDown(window, { key: "t" });
  const dialog = await screen.findByRole("dialog", { name: /Transfer/ });
  act(() => phone.show({ calls: [...phone.snapshot.calls, ringing(9)] }));
  await waitFor(() => expect(within(dialog).getByRole("alert").textContent).toContain("incoming call"));
  expect(within(dialog).getByRole("status").textContent).toBe("");
  fireEvent.click(within(dialog).getByRole("button", { name: /Hold and answer: .*Zoë/ }));
  fireEvent.click(within(dialog).getByRole("button", { name: /Decline: .*Zoë/ }));
  fireEvent.keyDown(dialog, { key: "Enter", ctrlKey: true });
  const [first, second, third] = phone.sent;
  expect([first?.command, second?.command, third?.command]).toEqual(["answer", "decline", "answer"]);
});

test("a call that rings while a list covers the phone is answered at once, or shown", async () => {
  const phone = open("idle");
  press("Settings");
  act(() => phone.show({ calls: [ringing(9)] }));
  press(/Answer: .*Zoë/);
  expect(phone.sent).toEqual([{ command: "answer", call: 9 }]);
  press(/Zoë.*Incoming call/);
  expect(await screen.findByRole("button", { name: "Redirect" })).toBeTruthy();
});

test("whoever calls twice is told twice", async () => {
  const phone = open("idle");
  const [alert] = screen.getAllByRole("alert");
  act(() => phone.show({ calls: [ringing(9)] }));
  await waitFor(() => expect(alert?.textContent).toContain("Zoë"));
  const first = alert?.firstElementChild;
  act(() => phone.show({ calls: [] }));
  await waitFor(() => expect(alert?.textContent).toBe(""));
  act(() => phone.show({ calls: [ringing(10)] }));
  await waitFor(() => expect(alert?.textContent).toContain("Zoë"));
  expect(alert?.firstElementChild).not.toBe(first);
});

test("the second click of a double click ends no call, but switches what is a switch", () => {
  const phone = open("talking");
  const twice = (name: string) => fireEvent.click(screen.getByRole("button", { name }), { detail: 2 });
  twice("Hang up");
  twice("Hold");
  expect(phone.sent).toEqual([]);
  twice("Mute");
  fireEvent.click(screen.getByRole("button", { name: "Hang up" }), { detail: 1 });
  expect(phone.sent.map(({ command }) => command)).toEqual(["mute", "hang-up"]);
});

test("a key that is held down ends or answers one call only", () => {
  const phone = open("second");
  for (const key of ["e", "Enter"]) {
    fireEvent.keyDown(window, { key, ctrlKey: true });
    fireEvent.keyDown(window, { key, ctrlKey: true, repeat: true });
  }
  for (const repeat of [false, true, true]) fireEvent.keyDown(window, { key: "Escape", repeat });
  expect(phone.sent.map(({ command }) => command)).toEqual(["hang-up", "answer", "decline"]);
});

test("two clicks on somebody in the history are one call", async () => {
  const phone = open("idle", 1100);
  const [row] = await screen.findAllByRole("button", { name: /Call .*Zoë/ });
  fireEvent.click(row as HTMLElement);
  fireEvent.click(row as HTMLElement);
  expect(phone.sent.filter(({ command }) => command === "dial")).toHaveLength(1);
});

test("a call that was silenced says so, and is not silenced again", () => {
  const phone = open("incoming");
  press("Silence");
  act(() => phone.show({ calls: phone.snapshot.calls.map((call) => ({ ...call, silenced: true })) }));
  const button = screen.getByRole("button", { name: "Silenced" });
  expect(button.getAttribute("aria-disabled")).toBe("true");
  fireEvent.click(button);
  expect(phone.sent).toEqual([{ command: "silence", call: 1 }]);
});

test("where a caller is sent is asked when the window of a ringing call wants it, as long as the call rings", async () => {
  const phone = open("incoming");
  const id = phone.snapshot.calls[0]?.id ?? 0;
  const wants = (call: number) => act(() => phone.redirects.forEach((take) => void take(call)));
  wants(id);
  const dialog = within(screen.getByRole("dialog"));
  fireEvent.input(dialog.getByLabelText("Name or number"), { target: { value: "200" } });
  await waitFor(() => expect(dialog.getByRole("button", { name: "Redirect" })).toHaveProperty("disabled", false));
  fireEvent.click(dialog.getByRole("button", { name: "Redirect" }));
  expect(phone.sent.at(-1)).toEqual({ command: "redirect", call: id, target: "200" });
  wants(99);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a number that was begun before a call takes no digits of the call", () => {
  const phone = open("idle");
  fireEvent.keyDown(window, { key: "5" });
  act(() => phone.show({ calls: [someCall({ id: 4 })] }));
  fireEvent.keyDown(window, { key: "6" });
  expect(phone.sent.at(-1)).toEqual({ command: "send-dtmf", call: 4, digits: ["6"] });
});

test("letters do nothing where they are switched off", async () => {
  const phone = open("talking");
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, letter_keys: false } });
  await waitFor(() => {
    const before = phone.sent.length;
    fireEvent.keyDown(window, { key: "m" });
    expect(phone.sent).toHaveLength(before);
  });
  fireEvent.keyDown(window, { key: "5" });
  expect(phone.sent.at(-1)).toMatchObject({ command: "send-dtmf" });
});

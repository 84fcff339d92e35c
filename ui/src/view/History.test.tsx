import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, expect, test } from "vitest";
import { scene } from "../test/scenes";
import { App } from "./App";
import { when } from "./History";

afterEach(cleanup);

const open = () => {
  window.happyDOM.setViewport({ width: 360, height: 640 });
  const phone = scene("idle");
  render(<App bridge={phone} />);
  return phone;
};
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const rows = () => screen.findAllByRole("button", { name: /^Delete this call/ });
/** How many calls there are, drawn or not. */
const count = async () => Number((await rows())[0]?.closest("li")?.getAttribute("aria-setsize"));
const deletions = (asked: string[]) => asked.filter((line) => line.startsWith("deleteHistory"));

test("a call that was deleted stays away whatever is looked at, and goes for good with its message", async () => {
  const phone = open();
  press(/History/);
  const before = await count();
  fireEvent.click((await rows())[0] as HTMLElement);
  expect(await count()).toBe(before - 1);
  press("Contacts");
  press(/History/);
  expect(await count()).toBe(before - 1);
  expect(deletions(phone.asked)).toEqual([]);
  press(/^Dismiss:/);
  expect(deletions(phone.asked)).toHaveLength(1);
});

test("what is undone was never deleted, and what is not undone when the window closes is", async () => {
  const phone = open();
  press(/History/);
  const before = await count();
  fireEvent.click((await rows())[0] as HTMLElement);
  press(/^Undo:/);
  expect(await count()).toBe(before);
  window.dispatchEvent(new Event("pagehide"));
  expect(deletions(phone.asked)).toEqual([]);
  fireEvent.click((await rows())[0] as HTMLElement);
  window.dispatchEvent(new Event("pagehide"));
  expect(deletions(phone.asked)).toHaveLength(1);
});

test("of more messages than there is room for, the oldest has its way", async () => {
  const phone = open();
  press(/History/);
  for (let nth = 0; nth < 4; nth += 1) fireEvent.click((await rows())[0] as HTMLElement);
  expect(deletions(phone.asked)).toHaveLength(1);
  const left = screen.getAllByRole("button", { name: /^Undo: the call with .+ was deleted$/ });
  expect(left).toHaveLength(3);
});

test("the focus goes from a deleted call to the next, and the question about all of them has it at what does nothing", async () => {
  open();
  press(/History/);
  const [first, second] = await rows();
  first?.focus();
  fireEvent.click(first as HTMLElement);
  await waitFor(() => expect(document.activeElement === second).toBe(true));
  const all = screen.getByRole("button", { name: "Delete all" });
  all.focus();
  fireEvent.click(all);
  const question = screen.getByRole("alertdialog", { name: "Delete all" });
  const no = within(question).getByRole("button", { name: "Cancel" });
  await waitFor(() => expect(document.activeElement === no).toBe(true));
  fireEvent.keyDown(document.activeElement as Element, { key: "Escape" });
  await waitFor(() => expect(document.activeElement === all).toBe(true));
});

test("arrows lead from call to call", async () => {
  open();
  press(/History/);
  const [first, second] = await screen.findAllByRole("button", { name: /^Call / });
  first?.focus();
  fireEvent.keyDown(first as Element, { key: "ArrowDown" });
  expect(document.activeElement).toBe(second);
  fireEvent.keyDown(second as Element, { key: "ArrowUp" });
  expect(document.activeElement).toBe(first);
  const [bin, next] = await rows();
  bin?.focus();
  fireEvent.keyDown(bin as Element, { key: "ArrowDown" });
  expect(document.activeElement).toBe(next);
});

test("that none was missed is said as that", async () => {
  const phone = open();
  phone.entries = phone.entries.filter(({ outcome }) => outcome !== "missed");
  press(/History/);
  press("Missed");
  expect(await screen.findByText("No missed calls")).toBeTruthy();
});

test("when a call was is told by the calendar", () => {
  const at = (text: string) => new Date(text).getTime() / 1000;
  const now = new Date("2026-11-28T00:30:00");
  const today = when(at("2026-11-28T00:05:00"), now);
  expect(today).toMatch(/^(?:12:05.AM|00:05)$/);
  expect(when(at("2026-11-27T23:59:00"), now)).toMatch(/^Yesterday (?:11:59.PM|23:59)$/);
  expect(when(at("2026-11-26T08:00:00"), now)).toMatch(/Nov.*08:00/);
  expect(when(at("2026-11-26T08:00:00"), now)).not.toContain("2026");
  expect(when(at("2025-11-26T08:00:00"), now)).toMatch(/2025.*08:00/);
  // The first of a month, and of a year.
  expect(when(at("2026-02-28T08:00:00"), new Date("2026-03-01T09:00:00"))).toMatch(/^Yesterday 08:00/);
  expect(when(at("2025-12-31T08:00:00"), new Date("2026-01-01T09:00:00"))).toMatch(/^Yesterday 08:00/);
});

test("a contact is written over the list, and taken back when it was deleted", async () => {
  const phone = open();
  press("Contacts");
  fireEvent.click(await screen.findByRole("button", { name: /Edit .*Bob/ }));
  const dialog = screen.getByRole("dialog", { name: /Edit .*Bob/ });
  expect(document.activeElement).toBe(within(dialog).getByLabelText("Name"));
  fireEvent.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(phone.known.some(({ name }) => name.startsWith("Bob"))).toBe(false));
  fireEvent.click(await screen.findByRole("button", { name: /^Undo:/ }));
  await waitFor(() => expect(phone.known.some(({ name }) => name.startsWith("Bob"))).toBe(true));
});

test("an account that is being typed is there again after a look at something else", async () => {
  open();
  press("Settings");
  fireEvent.click(await screen.findByRole("button", { name: "Accounts" }));
  fireEvent.click(await screen.findByRole("button", { name: "Add a SIP account" }));
  fireEvent.input(screen.getByLabelText("Name of the account"), { target: { value: "home" } });
  fireEvent.input(screen.getByLabelText("Password"), { target: { value: "secret" } });
  press("Phone");
  press("Settings");
  const name = await screen.findByLabelText<HTMLInputElement>("Name of the account");
  expect(name.value).toBe("home");
  expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("secret");
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Cancel" })));
  fireEvent.click(await screen.findByRole("button", { name: "Add a SIP account" }));
  expect(screen.getByLabelText<HTMLInputElement>("Name of the account").value).toBe("");
  expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("");
});

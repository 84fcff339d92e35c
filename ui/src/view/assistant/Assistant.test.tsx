import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, expect, test } from "vitest";
import { someAssistant } from "../../bridge/fake-assistant";
import { someCall } from "../../bridge/fake-snapshot";
import type { AssistantList, AssistantRequest, AssistantState } from "../../bridge/types";
import { scene } from "../../test/scenes";
import { App } from "../App";

afterEach(cleanup);

const open = async (name = "assistant", width = 360) => {
  window.happyDOM.setViewport({ width, height: 640 });
  const phone = scene(name);
  render(<App bridge={phone} />);
  await screen.findByRole("button", { name: /status and forwards/ });
  const requests = (): AssistantRequest[] =>
    phone.sent.flatMap((command) => (command.command === "assist" ? [command.request] : []));
  const state = (part: Partial<AssistantState>) => act(() => phone.show({ assistants: [someAssistant("XiVO", part)] }));
  return { phone, requests, state };
};
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const openServices = async () => {
  press(/status and forwards/);
  return within(await screen.findByRole("dialog", { name: /status and forwards/ }));
};
const suggested = () => [...document.querySelectorAll("#suggestions [role=option]")];
const numberField = () => screen.getByRole("combobox", { name: "Name or number" });

test("what keeps calls away is said in words, and the status beside the account", async () => {
  const { state } = await open();
  expect(screen.getByText(/Unanswered calls go to .*\+33601020304/)).toBeTruthy();
  expect(screen.getByText("ready · Disponible")).toBeTruthy();
  state({ do_not_disturb: true, forwards: [{ when: "always", on: true, number: "1009" }], status: "away" });
  expect(screen.getByText(/^The server puts no calls through · Every call goes to .*1009/)).toBeTruthy();
  expect(screen.getByText("ready · Parti(e)")).toBeTruthy();
});

test("a switch is asked for, and shows what the server says", async () => {
  const { phone, requests } = await open();
  const sheet = await openServices();
  phone.send = async (command) => void phone.sent.push(command);
  const [dnd, away] = [
    sheet.getByRole("button", { name: /Do not disturb/ }),
    sheet.getByRole("button", { name: "Parti(e)" }),
  ];
  fireEvent.click(dnd);
  fireEvent.click(away);
  expect(requests().slice(-2)).toEqual([
    { request: "do-not-disturb", on: true },
    { request: "status", name: "away" },
  ]);
  expect([dnd, away].map((button) => button.getAttribute("aria-pressed"))).toEqual(["false", "false"]);
  act(() => phone.show({ assistants: [someAssistant("XiVO", { do_not_disturb: true, status: "away" })] }));
  expect([dnd, away].map((button) => button.getAttribute("aria-pressed"))).toEqual(["true", "true"]);
  expect(dnd.textContent).toContain("on");
});

test("each forward is set to a number, changed and stopped for itself", async () => {
  const { requests } = await open();
  const sheet = await openServices();
  const always = within(sheet.getByRole("form", { name: "Every call" }));
  expect((always.getByRole("button", { name: "Forward" }) as HTMLButtonElement).disabled).toBe(true);
  fireEvent.input(always.getByLabelText("Every call, to"), { target: { value: " 1009 " } });
  fireEvent.click(always.getByRole("button", { name: "Forward" }));
  const unanswered = within(sheet.getByRole("form", { name: "When nobody answers" }));
  expect(unanswered.queryByRole("button", { name: "Forward" })).toBeNull();
  fireEvent.input(unanswered.getByLabelText("When nobody answers, to"), { target: { value: "1010" } });
  fireEvent.click(unanswered.getByRole("button", { name: "Forward" }));
  fireEvent.click(unanswered.getByRole("button", { name: "Stop" }));
  expect(requests().slice(-3)).toEqual([
    { request: "forward", when: "always", on: true, number: "1009" },
    { request: "forward", when: "no-answer", on: true, number: "1010" },
    { request: "forward", when: "no-answer", on: false, number: "1010" },
  ]);
  expect(screen.getByText(/Every call goes to .*1009/)).toBeTruthy();
});

test("of several assistants the one of the account to call from is shown, and no other is asked to tell", async () => {
  const { phone } = await open();
  await waitFor(() => expect(phone.sent).toHaveLength(1));
  act(() => phone.show({ assistants: [someAssistant("XiVO"), someAssistant("practice", { status: "away" })] }));
  fireEvent.change(screen.getByLabelText("Account to call from"), { target: { value: "practice" } });
  expect(await screen.findByRole("button", { name: /practice.*: status and forwards: Parti\(e\)/ })).toBeTruthy();
  await waitFor(() => expect(phone.sent.length).toBe(3));
  const show = (account: string, lists: AssistantList[]) => ({
    command: "assist",
    account,
    request: { request: "show", lists },
  });
  expect(phone.sent.slice(1)).toEqual([show("XiVO", []), show("practice", ["favourites"])]);
});

test("what the server does not tell of is not offered, and nothing while it cannot be asked", async () => {
  const { state } = await open("assistant-away");
  const sheet = await openServices();
  expect(sheet.getByText(/cannot be asked just now/)).toBeTruthy();
  expect(sheet.queryByRole("button", { name: /Do not disturb/ })).toBeNull();
  expect(sheet.queryByRole("form")).toBeNull();
  state({ do_not_disturb: null, forwards: [], status: null, statuses: [] });
  expect(sheet.getByText("The server tells nothing of status and forwards")).toBeTruthy();
});

test("voice mail is heard from the sheet as well", async () => {
  const { phone } = await open();
  fireEvent.click((await openServices()).getByRole("button", { name: "Hear the voice messages: 3 new messages" }));
  expect(phone.sent.at(-1)).toEqual({ command: "dial", target: "*97", account: "XiVO", headers: [] });
});

test("favourites of the server are keys that say how the telephone is doing, and call from its account", async () => {
  const { phone, requests } = await open();
  fireEvent.change(screen.getByLabelText("Account to call from"), { target: { value: "practice" } });
  fireEvent.click(await screen.findByRole("button", { name: /Bob Stone.*Free/ }));
  expect(phone.sent.at(-1)).toEqual({ command: "dial", target: "1002", account: "XiVO", headers: [] });
  expect(screen.getByRole("button", { name: /Chloé.*In a call/ })).toBeTruthy();
  expect(requests()[0]).toEqual({ request: "show", lists: ["favourites"] });
});

test("who is typed is looked up, and called by one touch from the account of the server", async () => {
  const { phone, requests } = await open();
  fireEvent.input(numberField(), { target: { value: "dieter" } });
  const option = await screen.findByRole("option", { name: /Dieter Oberndorfer.*1004.*Ringing/ });
  expect(requests().slice(-2)).toEqual([
    { request: "show", lists: ["directory", "favourites"] },
    { request: "search", term: "dieter" },
  ]);
  fireEvent.click(option);
  expect(phone.sent.at(-1)).toEqual({ command: "dial", target: "1004", account: "XiVO", headers: [] });
  await waitFor(() =>
    expect(
      requests()
        .filter(({ request }) => request === "search")
        .at(-1),
    ).toEqual({ request: "search", term: "" }),
  );
});

test("an account that began anew is asked again for who is looked up, and one that came back is not", async () => {
  const { requests, state } = await open();
  fireEvent.input(numberField(), { target: { value: "bob" } });
  await screen.findByRole("option", { name: /0600000001/ });
  const before = requests().length;
  state({ online: false, term: "bob" });
  state({ online: true, term: "bob" });
  state({ online: false });
  state({ online: true });
  await waitFor(() => expect(requests().length).toBeGreaterThan(before));
  expect(requests().slice(before)).toEqual([{ request: "search", term: "bob" }]);
  fireEvent.input(numberField(), { target: { value: "b".repeat(200) } });
  await waitFor(() => expect(requests().at(-1)).toEqual({ request: "search", term: "" }));
  expect(requests().at(-2)).toEqual({ request: "show", lists: ["favourites"] });
});

test("who was found for other letters is no suggestion, and who is known twice is one", async () => {
  const { phone } = await open();
  const [known] = phone.known;
  if (known) phone.known = [{ ...known, name: "Bob", numbers: [{ kind: "work", number: "1002" }] }];
  fireEvent.input(numberField(), { target: { value: "bob" } });
  await screen.findByRole("option", { name: /0600000001/ });
  expect(screen.getAllByRole("option", { name: /1002/ })).toHaveLength(1);
  // The server has not answered this one yet.
  phone.send = async (command) => void phone.sent.push(command);
  fireEvent.input(numberField(), { target: { value: "bobx" } });
  await waitFor(() => expect(suggested()).toEqual([]));
});

test("a transfer finds colleagues for calls of their account, and of no other", async () => {
  const { phone } = await open("assistant-talking");
  press("Transfer");
  const field = await screen.findByLabelText("Name or number", { selector: ".sheet input" });
  fireEvent.input(field, { target: { value: "dieter" } });
  fireEvent.click(await screen.findByRole("button", { name: /Dieter Oberndorfer/ }));
  press("Transfer now");
  expect(phone.sent.at(-1)).toEqual({ command: "transfer", call: 1, to: { to: "blind", target: "1004" } });
  act(() => phone.show({ calls: [someCall({ account: "practice" })] }));
  press("Transfer");
  const asked = phone.asked.length;
  fireEvent.input(await screen.findByLabelText("Name or number", { selector: ".sheet input" }), {
    target: { value: "dieter" },
  });
  await waitFor(() => expect(phone.asked.slice(asked)).toContain("assistantDirectory XiVO"));
  expect(screen.queryByRole("button", { name: /Dieter Oberndorfer/ })).toBeNull();
});

test("the directory shows favourites, then who is looked up; a star is kept by the server", async () => {
  const { phone, requests } = await open();
  press("Contacts");
  press("Directory");
  expect(await screen.findByRole("heading", { name: "Favourites" })).toBeTruthy();
  fireEvent.input(screen.getByLabelText("Search the directory"), { target: { value: "Marchand" } });
  const list = within(await screen.findByRole("list", { name: "Directory" }));
  const row = within(await list.findByRole("listitem"));
  expect(row.getByText("In a call, another one rings")).toBeTruthy();
  fireEvent.click(row.getByRole("button", { name: /Favourite: .*Élodie/ }));
  expect(requests().at(-1)).toEqual({ request: "favourite", person: { contact: "5", source: "internal" }, on: true });
  await waitFor(() => expect(row.getByRole("button", { name: /Favourite/ }).getAttribute("aria-pressed")).toBe("true"));
  fireEvent.click(row.getByRole("button", { name: /Call .*1005/ }));
  expect(phone.sent.at(-1)).toEqual({ command: "dial", target: "1005", account: "XiVO", headers: [] });
});

test("a list says why it is empty", async () => {
  const { state } = await open();
  press("Contacts");
  press("Rooms");
  const said = async (words: string | RegExp) => expect(await screen.findByText(words)).toBeTruthy();
  await screen.findByText("team");
  fireEvent.input(screen.getByLabelText("Search"), { target: { value: "nobody's" } });
  await said("No contact matches");
  state({ rooms: { list: "asked" } });
  await said("Asking the server …");
  state({ rooms: { list: "no-answer" } });
  await said(/did not answer/);
  state({ rooms: { list: "refused", words: "not for you" } });
  await said(/The server refused: .*not for you/);
  state({ online: false });
  await said(/cannot be asked just now/);
});

test("a room tells who is in it, and its call opens the keypad for the PIN", async () => {
  const { phone, requests } = await open();
  press("Contacts");
  press("Rooms");
  expect(await screen.findByText(/3 members · since .* · asks for a PIN/)).toBeTruthy();
  expect(screen.getByText("Microphone off")).toBeTruthy();
  expect(requests().at(-1)).toEqual({ request: "show", lists: ["rooms"] });
  press(/Call in: .*team/);
  expect(phone.sent.at(-1)).toEqual({ command: "dial", target: "4010", account: "XiVO", headers: [] });
  expect(screen.getByText(/type the PIN there/)).toBeTruthy();
  const remote = { name: "", number: "4010", uri: "" };
  act(() => phone.show({ calls: [someCall({ account: "XiVO", remote, state: { state: "ringing" } })] }));
  expect(screen.queryByRole("button", { name: "5 JKL" })).toBeNull();
  act(() => phone.show({ calls: [someCall({ account: "XiVO", remote })] }));
  fireEvent.pointerDown(await screen.findByRole("button", { name: "5 JKL" }));
  expect(phone.sent.at(-1)).toEqual({ command: "press-key", call: 1, digit: "5" });
});

test("the calls of the server are a part of the history, and are called back", async () => {
  const { phone } = await open();
  press(/History/);
  press("Server");
  const list = within(await screen.findByRole("list", { name: "Server" }));
  expect((await list.findAllByRole("listitem")).map((row) => row.querySelector("small")?.textContent)).toEqual([
    "1002 · Going on",
    "Missed",
    "1002 · Outgoing, 1:10:10",
    "1002 · Not answered",
    "Incoming, 00:25",
  ]);
  expect(screen.queryByRole("button", { name: "Delete all" })).toBeNull();
  fireEvent.click(list.getByRole("button", { name: /Call .*4930123456789/ }));
  expect(phone.sent.at(-1)).toEqual({ command: "dial", target: "+4930123456789", account: "XiVO", headers: [] });
});

test("another language has the words of the assistant, too, and an account without one shows nothing of it", async () => {
  const { phone } = await open();
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "de" } });
  expect(await screen.findByText(/Unbeantwortete Anrufe gehen an/)).toBeTruthy();
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "en" } });
  expect(await screen.findByText(/Unanswered calls/)).toBeTruthy();
  act(() => phone.show({ assistants: [] }));
  expect(screen.queryByRole("button", { name: /status and forwards/ })).toBeNull();
  press("Contacts");
  expect(screen.queryByRole("button", { name: "Directory" })).toBeNull();
});

const room = () => within(screen.getByRole("region", { name: /In the room: .*team/ }));
const who = () => within(room().getByRole("list", { name: /Who is in .*team/ }));

test("in a room is told who is there, who speaks and who is muted; a guest may mute himself and no more", async () => {
  const { phone, requests } = await open("assistant-guest");
  await screen.findByRole("region", { name: /In the room/ });
  expect(
    who()
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent),
  ).toEqual([
    "Bob Stonespeaking · organizer",
    "Chloé Moreau-Desrosiersmicrophone off in the room · hears nothing",
    "Alice ReedYou",
    "1004",
  ]);
  expect(
    room()
      .getAllByRole("button")
      .map((button) => button.getAttribute("aria-label")),
  ).toEqual(["Mute in the room: \u2068Alice Reed\u2069"]);
  fireEvent.click(room().getByRole("button"));
  expect(requests().at(-1)).toEqual({ request: "room", number: "4010", act: { act: "mute-me" } });
  await waitFor(() => expect(room().getByRole("button").getAttribute("aria-pressed")).toBe("true"));
  fireEvent.click(room().getByRole("button"));
  expect(requests().at(-1)).toEqual({ request: "room", number: "4010", act: { act: "unmute-me" } });
  // Nobody is in it any more.
  act(() => {
    phone.meetings = [];
    const [view] = phone.snapshot.assistants;
    if (view) phone.show({ assistants: [{ ...view, changes: { ...view.changes, meetings: 9 } }] });
  });
  await waitFor(() => expect(screen.queryByRole("region", { name: /In the room/ })).toBeNull());
});

test("an organizer mutes, deafens and puts out whom he means, and nothing changes before the server says so", async () => {
  const { phone, requests } = await open("assistant-meeting");
  await screen.findByRole("region", { name: /In the room/ });
  const bob = (name: string) => who().getByRole("button", { name: new RegExp(`${name}: .*Bob Stone`) });
  const chloe = (name: string) => who().getByRole("button", { name: new RegExp(`${name}: .*Chloé`) });
  phone.send = async (command) => void phone.sent.push(command);
  fireEvent.click(bob("Mute in the room"));
  fireEvent.click(chloe("Mute in the room"));
  fireEvent.click(bob("Deafen"));
  fireEvent.click(chloe("Deafen"));
  fireEvent.click(chloe("Put out"));
  expect(requests().slice(-5)).toEqual(
    [
      { act: "mute", index: 1 },
      { act: "unmute", index: 2 },
      { act: "deafen", index: 1 },
      { act: "undeafen", index: 2 },
      { act: "kick", index: 2 },
    ].map((act) => ({ request: "room", number: "4010", act })),
  );
  expect(bob("Mute in the room").getAttribute("aria-pressed")).toBe("false");
  expect(who().getAllByRole("listitem")).toHaveLength(4);
});

test("an organizer runs the room as a whole: invites, mutes all others, ends it for all", async () => {
  const { requests } = await open("assistant-meeting");
  fireEvent.click(await screen.findByRole("button", { name: /Run the room: .*team/ }));
  const sheet = within(await screen.findByRole("dialog", { name: /Run the room/ }));
  expect((sheet.getByRole("button", { name: "Call somebody in" }) as HTMLButtonElement).disabled).toBe(true);
  fireEvent.input(sheet.getByLabelText("Number to call in"), { target: { value: " 1005 " } });
  fireEvent.click(sheet.getByRole("switch", { name: "as an organizer" }));
  fireEvent.click(sheet.getByRole("button", { name: "Call somebody in" }));
  for (const name of ["Mute all others", "Unmute all others", "Put everything back"]) {
    fireEvent.click(sheet.getByRole("button", { name }));
  }
  fireEvent.click(sheet.getByRole("button", { name: "End for all" }));
  expect(requests().slice(-5)).toEqual(
    [
      { act: "invite", number: "1005", organizer: true },
      { act: "mute-all" },
      { act: "unmute-all" },
      { act: "reset" },
      { act: "close" },
    ].map((act) => ({ request: "room", number: "4010", act })),
  );
  await waitFor(() => expect(screen.queryByRole("region", { name: /In the room/ })).toBeNull());
});

test("a line that may be on several telephones goes to the one that is chosen, when the server says so", async () => {
  const { phone, requests, state } = await open();
  const sheet = await openServices();
  expect(sheet.queryByRole("group", { name: "Calls arrive at" })).toBeNull();
  state({ device: "here" });
  phone.send = async (command) => void phone.sent.push(command);
  const choice = within(sheet.getByRole("group", { name: "Calls arrive at" }));
  const pressed = () => choice.getAllByRole("button").map((button) => button.getAttribute("aria-pressed"));
  expect(pressed()).toEqual(["true", "false"]);
  fireEvent.click(choice.getByRole("button", { name: "The desk phone" }));
  expect(requests().at(-1)).toEqual({ request: "device", device: "desk-phone" });
  expect(pressed()).toEqual(["true", "false"]);
  state({ device: "desk-phone" });
  expect(pressed()).toEqual(["false", "true"]);
});

test("an organizer with another call brings its other one into the room", async () => {
  const { phone, requests } = await open("assistant-meeting");
  const include = /Bring in the other one/;
  fireEvent.click(await screen.findByRole("button", { name: /Run the room: .*team/ }));
  const sheet = within(await screen.findByRole("dialog", { name: /Run the room/ }));
  expect(sheet.queryByRole("button", { name: include })).toBeNull();
  const [view] = phone.snapshot.assistants;
  if (!view) throw new Error("there is an assistant");
  const hold = { local: true, remote: false };
  const [first, second] = [11, 12].map((id) =>
    someCall({ id, account: view.account, state: { state: "established", hold } }),
  );
  if (!first || !second) throw new Error("two calls");
  act(() => phone.show({ calls: [first, second] }));
  fireEvent.click(sheet.getByRole("button", { name: include }));
  expect(requests().at(-1)).toEqual({ request: "room", number: "4010", act: { act: "include", organizer: false } });
});

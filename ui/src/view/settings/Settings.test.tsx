import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, expect, test, vi } from "vitest";
import type { RoleView } from "../../bridge/types";
import { scene } from "../../test/scenes";
import { App } from "../App";

afterEach(cleanup);

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const open = async (section: string) => {
  window.happyDOM.setViewport({ width: 360, height: 640 });
  const phone = scene("idle");
  render(<App bridge={phone} />);
  await press("Settings");
  await press(section);
  return phone;
};
const type = (label: string, text: string) => {
  const field = screen.getByLabelText(label);
  fireEvent.input(field, { target: { value: text } });
  fireEvent.change(field, { target: { value: text } });
};

test("an account is switched off, and comes later in the order", async () => {
  const phone = await open("Accounts");
  fireEvent.click(await screen.findByRole("switch", { name: /Use .*practice/ }));
  await waitFor(() => expect(phone.kept.accounts[1]?.enabled).toBe(false));
  await press(/Move .*office.* down/);
  await waitFor(() => expect(phone.kept.accounts.map(({ id }) => id)).toEqual(["practice", "office"]));
});

test("an account is deleted only after a question", async () => {
  const phone = await open("Accounts");
  await press(/Delete .*office/);
  expect(phone.saved).toEqual([]);
  fireEvent.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(phone.kept.accounts.map(({ id }) => id)).toEqual(["practice"]));
});

test("a new account is checked while it is typed, and its password is set and never shown", async () => {
  const phone = await open("Accounts");
  await press("Add a SIP account");
  type("Name of the account", "home");
  type("Server", "https://pbx.example.com");
  expect(await screen.findByText(/Server: an address such as pbx/)).toBeTruthy();
  await press("Save");
  expect(phone.saved).toEqual([]);
  type("Server", "wss://pbx.example.com");
  type("User", "1002");
  type("Password", "secret");
  await press("Save");
  await waitFor(() => expect(phone.asked).toContain("setSecret password home 6"));
  expect(phone.kept.accounts.at(-1)).toMatchObject({ id: "home", provider: { kind: "sip", user: "1002" } });
  expect(await screen.findByRole("button", { name: "Add a SIP account" })).toBeTruthy();
  expect(document.body.innerHTML).not.toContain("secret");
});

test("a password that no key store takes is said to last for this run, once however often it is entered", async () => {
  const phone = await open("Accounts");
  const because = { code: "no-key-store", detail: "zbus error" } as const;
  vi.spyOn(phone, "setSecret").mockResolvedValue({ kept: "this-run", because });
  for (const password of ["secret", "another"]) {
    await press("Edit ⁨office⁩");
    type("Password", password);
    await press("Save");
    await waitFor(() => expect(screen.queryByRole("button", { name: "Save" })).toBeNull());
  }
  const told = screen.getAllByText(/is kept only until the phone is closed/);
  expect(told.map(({ textContent }) => textContent)).toEqual([
    "The password is kept only until the phone is closed. There is no key store, or it does not run",
  ]);
});

test("a password that was refused leads to the field for another one", async () => {
  window.happyDOM.setViewport({ width: 360, height: 640 });
  render(<App bridge={scene("offline")} />);
  await press(/Open accounts/);
  await press(/Enter the password/);
  expect(document.activeElement).toBe(screen.getByLabelText("Password"));
});

test("a window made narrower leaves the keyboard in the field that is being filled in", async () => {
  window.happyDOM.setViewport({ width: 1200, height: 640 });
  render(<App bridge={scene("idle")} />);
  await press("Settings");
  await press("Accounts");
  await press("Edit ⁨office⁩");
  const field = screen.getByLabelText("Password");
  field.focus();
  // Its media queries only notice a width that follows another one.
  for (const width of [1300, 360]) window.happyDOM.setViewport({ width, height: 640 });
  await screen.findByRole("button", { name: "Back to the sections" });
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  expect(document.activeElement).toBe(field);
});

test("an account at Aculab Cloud asks for what its interface and its tokens need, and keeps the key elsewhere", async () => {
  const phone = await open("Accounts");
  await press("Add an account at Aculab Cloud");
  type("Name of the account", "cloud");
  type("Cloud id", "1-2-0");
  type("WebRTC access key", "abc123key");
  type("Client id", "bob");
  fireEvent.change(screen.getByLabelText("Where tokens come from"), { target: { value: "web-services" } });
  expect(screen.queryByLabelText("Token")).toBeNull();
  type("User name at the cloud", "bob@example.com");
  type("API access key", "unseen-key");
  fireEvent.click(screen.getByRole("switch", { name: "Accept calls" }));
  await press("Save");
  await waitFor(() => expect(phone.asked).toContain("setSecret api-key cloud 10"));
  expect(phone.kept.accounts.at(-1)).toMatchObject({
    id: "cloud",
    provider: {
      kind: "aculab",
      cloud_id: "1-2-0",
      interface: { version: "v2", client_id: "bob", accept_calls: false, token_source: { user: "bob@example.com" } },
    },
  });
  expect(document.body.innerHTML).not.toContain("unseen-key");
  // The first interface asks for less, and its usual service is a click away.
  await press("Add an account at Aculab Cloud");
  type("Name of the account", "caller");
  type("Cloud id", "1-2-0");
  fireEvent.change(screen.getByLabelText("What it is for"), { target: { value: "v1" } });
  expect(screen.queryByLabelText("WebRTC access key")).toBeNull();
  type("Caller id", "bob");
  type("Further caller ids", "reception  carol, ");
  type("Usual service", "echo");
  fireEvent.change(screen.getByLabelText("What is logged"), { target: { value: "6" } });
  await press("Save");
  await waitFor(() => expect(phone.kept.accounts.at(-1)?.id).toBe("caller"));
  expect(phone.kept.accounts.at(-1)?.provider).toMatchObject({
    log_level: 6,
    interface: { caller_id: "bob", other_ids: ["reception", "carol,"] },
  });
  await press(/Call .*echo/);
  expect(phone.sent).toContainEqual({ command: "dial", target: "service:echo", account: "caller", headers: [] });
});

test("an account at Aculab Cloud says whether this computer has what a call needs, and what to do where not", async () => {
  window.happyDOM.setViewport({ width: 360, height: 640 });
  const none: RoleView = { using: null, trouble: { code: "none-at-all" } };
  const whole = scene("caller").devices;
  for (const [devices, words, canCall] of [
    [whole, "Microphone and speaker are there", true],
    [{ ...whole, speaker: none }, /^No speaker can be used: connect one/, true],
    [{ ...whole, microphone: none }, /^No microphone can be used.*choose it under Devices/, false],
    [{ ...whole, microphone: none, speaker: none }, /^Not supported: .*Connect a headset/, false],
  ] as const) {
    const phone = scene("caller");
    phone.devices = devices;
    render(<App bridge={phone} />);
    await press("Settings");
    await press("Accounts");
    expect(await screen.findByText(words)).toBeTruthy();
    const call = screen.getByRole<HTMLButtonElement>("button", { name: /Call .*echo/ });
    expect(call.disabled).toBe(!canCall);
    cleanup();
  }
});

test("a token is ordered at the cloud, who is registered is listed and called, and refusals are said", async () => {
  const phone = await open("Accounts");
  await press("Add an account at Aculab Cloud");
  type("Name of the account", "cloud");
  type("Cloud id", "1-2-0");
  type("WebRTC access key", "abc123key");
  type("Client id", "bob");
  fireEvent.change(screen.getByLabelText("Where tokens come from"), { target: { value: "web-services" } });
  type("User name at the cloud", "bob@example.com");
  type("Clients that can be called", "agent*");
  await press("Save");
  const at = { last_modified: "2026-11-26_20:00:00", expires: "2026-11-26_20:10:00" };
  phone.cloudClients = [
    { client: "agent7", ...at },
    { client: "bob", ...at },
  ];
  await press("Registered clients");
  // This phone is not registered, and somebody of its name is.
  expect(await screen.findByText(/is registered elsewhere/)).toBeTruthy();
  type("Seconds a token lasts", "900");
  await press("Get a token");
  const order = JSON.stringify({ lifetime_s: 900, incoming: true, callable: "agent*" });
  expect(phone.asked).toContain(`orderToken cloud ${order}`);
  expect(await screen.findByText("The new token is in use")).toBeTruthy();
  phone.cloudClients = { code: "cloud-refused", status: "0405", text: "token expired" };
  await press("Refresh");
  expect(await screen.findByText("The cloud refused: 0405 “\u2068token expired\u2069”")).toBeTruthy();
  await press(/Call .*agent7/);
  expect(phone.sent).toContainEqual({ command: "dial", target: "client:agent7", account: "cloud", headers: [] });
});

test("an account at a XiVO takes a server, a login and a password that is not seen again", async () => {
  const phone = await open("Accounts");
  await press("Add an account at a XiVO");
  type("Name of the account", "desk");
  type("XiVO", "https://xivo.example.org");
  type("Login", "alice");
  type("Password", "unseen-word");
  fireEvent.click(screen.getByRole("switch", { name: "Calls that you dial elsewhere" }));
  await press("Save");
  await waitFor(() => expect(phone.asked).toContain("setSecret password desk 11"));
  expect(phone.kept.accounts.at(-1)).toMatchObject({
    id: "desk",
    provider: { kind: "xivo", server: "https://xivo.example.org", login: "alice", auto_answer: false },
  });
  expect(document.body.innerHTML).not.toContain("unseen-word");
});

test("a trial shows how far the account came, and at which step it failed", async () => {
  const phone = await open("Accounts");
  await press(/Edit .*office/);
  await press("Try it");
  expect(await screen.findByText("The account does not work")).toBeTruthy();
  const steps = within(screen.getByRole("list", { name: "Steps" })).getAllByRole("listitem");
  expect(steps.map((step) => step.className)).toEqual([...Array(5).fill("step passed"), "step failed"]);
  expect(screen.getByText("The server refused the user name or password (403)")).toBeTruthy();
  expect(phone.asked).toContain("tryAccount office kept");
});

test("a device is preferred, and one that is away is said to be", async () => {
  const phone = await open("Devices");
  expect(screen.getByText("not plugged in")).toBeTruthy();
  const [microphone] = screen.getAllByRole("combobox", { name: "Add another device …" });
  fireEvent.change(microphone as HTMLElement, { target: { value: "built-in" } });
  await waitFor(() => expect(phone.kept.devices?.microphones).toEqual(["usb-headset", "built-in"]));
  fireEvent.click(screen.getByRole("switch", { name: "Cancel echo" }));
  await waitFor(() => expect(phone.kept.devices?.cleanup?.echo).toBe(false));
});

test("a number that cannot be is told beside its field, and nothing is saved", async () => {
  const phone = await open("Calls");
  type("Most calls at a time", "0");
  expect(await screen.findByText("Most calls at a time: at least one")).toBeTruthy();
  expect(screen.getByText(/Not saved yet/)).toBeTruthy();
  expect(phone.saved).toEqual([]);
  type("Most calls at a time", "4");
  await waitFor(() => expect(phone.kept.calls?.limit).toBe(4));
  expect(screen.queryByText(/Not saved yet/)).toBeNull();
});

test("codecs are put in order, left out and taken back", async () => {
  const phone = await open("Calls");
  await press(/Move .*G\.722.* up/);
  await waitFor(() => expect(phone.kept.calls?.codecs?.slice(0, 2)).toEqual(["g722", "opus"]));
  await press(/Remove .*Opus/);
  await waitFor(() => expect(phone.kept.calls?.codecs).toEqual(["g722", "pcmu", "pcma"]));
  fireEvent.change(screen.getByRole("combobox", { name: "Add a codec …" }), { target: { value: "opus" } });
  await waitFor(() => expect(phone.kept.calls?.codecs?.at(-1)).toBe("opus"));
});

test("how digits are sent is chosen for each account, among the calls too", async () => {
  const phone = await open("Calls");
  const [account] = phone.kept.accounts ?? [];
  if (account?.provider.kind !== "sip") throw new Error("the first account is not of SIP");
  const digits = within(screen.getByRole("group", { name: "How digits are sent" }));
  fireEvent.change(digits.getByRole("combobox", { name: account.id }), { target: { value: "info" } });
  await waitFor(() => expect(phone.kept.accounts?.[0]?.provider).toMatchObject({ dtmf: "info" }));
});

test("who rings in spite of do not disturb is one on each line", async () => {
  const phone = await open("Calls");
  fireEvent.change(screen.getByLabelText("Who rings all the same"), { target: { value: " 2002 \n\n+4930123\n" } });
  await waitFor(() => expect(phone.kept.calls?.dnd_exceptions).toEqual(["2002", "+4930123"]));
});

test("a TURN server comes with a user name and a password that is kept elsewhere", async () => {
  const phone = await open("Network");
  await press("Add a server");
  fireEvent.change(screen.getByLabelText("Kind"), { target: { value: "turn-tls" } });
  type("Server", "turn.example.net:5349");
  type("Password", "hidden");
  await press("Add");
  expect(await screen.findByText("a TURN server asks for a user name")).toBeTruthy();
  type("User name", "phone");
  await press("Add");
  await waitFor(() => expect(phone.asked).toContain("setSecret turn-credential office 6"));
  expect(JSON.stringify(phone.kept.accounts)).toContain('"url":"turns:turn.example.net:5349","username":"phone"');
});

test("a server is changed in its place, and its password only when another one is typed", async () => {
  const phone = await open("Network");
  await press(/^Edit .*turn\.example\.com/);
  expect(screen.getByLabelText<HTMLSelectElement>("Kind").value).toBe("turn-tcp");
  expect(screen.getByLabelText<HTMLInputElement>("Server").value).toBe("turn.example.com:3478");
  expect(screen.getByLabelText<HTMLInputElement>("User name").value).toBe("phone");
  fireEvent.change(screen.getByLabelText("Kind"), { target: { value: "turn-tls" } });
  type("Server", "turn.example.com:5349");
  await press("Save");
  await waitFor(() => expect(JSON.stringify(phone.kept.accounts)).toContain("turns:turn.example.com:5349"));
  const servers = JSON.stringify(phone.kept.accounts);
  expect(servers).not.toContain("transport=tcp");
  expect(servers.indexOf("stun:")).toBeLessThan(servers.indexOf("turns:"));
  expect(phone.asked.filter((asked) => asked.startsWith("setSecret"))).toEqual([]);
});

test("a server is tried, and the step that fails is named", async () => {
  const phone = await open("Network");
  const [, turn] = await screen.findAllByRole("button", { name: "Test" });
  fireEvent.click(turn as HTMLElement);
  expect(await screen.findByText("The server does not work")).toBeTruthy();
  expect(phone.asked).toContain("tryIce office turn:turn.example.com:3478?transport=tcp kept");
  const steps = within(screen.getByRole("list", { name: "Steps" })).getAllByRole("listitem");
  expect(steps[4]?.className).toBe("step failed");
  expect(steps[4]?.textContent).toContain("It does not take the user name or password (401)");
});

test("shortcuts, the history and the log are set", async () => {
  const phone = await open("Shortcuts");
  fireEvent.click(screen.getByRole("switch", { name: /another program/ }));
  await waitFor(() => expect(phone.kept.shortcuts?.enabled).toBe(true));
  type("Answer", "Ctrl+Alt+Z");
  await waitFor(() => expect(phone.kept.shortcuts?.answer).toBe("Ctrl+Alt+Z"));
  const mute = screen.getByLabelText("Mute");
  for (const keys of [{ key: "Shift" }, { key: "c", ctrlKey: true }, { key: "k" }]) fireEvent.keyDown(mute, keys);
  fireEvent.keyDown(mute, { key: "k", code: "KeyK", ctrlKey: true, shiftKey: true });
  await waitFor(() => expect(phone.kept.shortcuts?.mute).toBe("Ctrl+Shift+K"));
  fireEvent.click(screen.getByRole("switch", { name: /Single letters/ }));
  await waitFor(() => expect(phone.kept.window?.letter_keys).toBe(false));
  await press("Show all keys");
  expect(screen.getByRole("dialog", { name: "Keyboard" })).toBeTruthy();
  await press("Close");
  await press("Back to the sections");
  await press("Privacy and logs");
  fireEvent.change(screen.getByLabelText("What the log holds"), { target: { value: "debug" } });
  await waitFor(() => expect(phone.kept.log).toBe("debug"));
  await press("Open the phone's folder");
  expect(phone.asked).toContain("showFolder data");
});

test("language and colours change at once", async () => {
  await open("Window and desktop");
  fireEvent.change(screen.getByLabelText("Colours"), { target: { value: "dark" } });
  await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
  fireEvent.change(screen.getByLabelText("Language"), { target: { value: "fr" } });
  await waitFor(() => expect(document.documentElement.lang).toBe("fr"));
});

test("what cannot be saved at all is said above", async () => {
  const phone = scene("idle");
  phone.locked = { code: "nothing-is-kept" };
  render(<App bridge={phone} />);
  await press("Settings");
  await press("About");
  expect(screen.getByText(/started without a settings file/)).toBeTruthy();
  expect(await screen.findByText("Sidetone 0.1.0")).toBeTruthy();
});

test("a locked page says so and why, and nothing on it can be changed", async () => {
  const phone = scene("idle");
  phone.provisioned = { ...phone.provisioned, locked: ["window"], source: "/etc/sidetone/p.toml", contact: "4711" };
  render(<App bridge={phone} />);
  await press("Settings");
  await press("Window and desktop");
  expect((await screen.findByText(/This page is locked by/)).textContent).toContain("4711");
  expect(screen.getByLabelText("Colours").closest("fieldset[disabled]")).toBeTruthy();
});

test("what a web server changes is shown before it is agreed to", async () => {
  const phone = scene("idle");
  render(<App bridge={phone} />);
  await press("Settings");
  await press("About");
  const address = await screen.findByLabelText("Web address");
  fireEvent.input(address, { target: { value: "http://example.com" } });
  await press("Show what it changes");
  expect(await screen.findByText(/begin with https/)).toBeTruthy();
  fireEvent.input(address, { target: { value: "https://example.com/phone.toml" } });
  await press("Show what it changes");
  const change = await screen.findByText(/Calls are recorded: never/);
  expect(change.textContent).toContain("until now: when you press Record");
  expect(phone.provisioned.url).toBe(null);
  await press("Agree and change");
  await waitFor(() => expect(phone.provisioned.url).toBe("https://example.com/phone.toml"));
  await press("Remove");
  await waitFor(() => expect(phone.provisioned.url).toBe(null));
});

test("a program for calls is written, looked at, and in force when it is saved", async () => {
  const phone = scene("idle");
  render(<App bridge={phone} />);
  await press("Settings");
  await press("Calls");
  await press("Add a program");
  fireEvent.change(await screen.findByLabelText("When"), { target: { value: "missed" } });
  fireEvent.input(screen.getByLabelText("Program"), { target: { value: "logger" } });
  fireEvent.change(screen.getByLabelText("Arguments"), { target: { value: "-t\ntwo words" } });
  await press("Save");
  expect(await screen.findByText(/a whole path/)).toBeTruthy();
  expect(phone.programs).toEqual([]);
  fireEvent.input(screen.getByLabelText("Program"), { target: { value: "/usr/bin/logger" } });
  await press("Save");
  const wanted = [{ on: "missed", program: "/usr/bin/logger", arguments: ["-t", "two words"] }];
  await waitFor(() => expect(phone.programs).toEqual(wanted));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Save" })).toBeNull());
  await press(/Remove .*logger/);
  await press("Save");
  await waitFor(() => expect(phone.programs).toEqual([]));
});

test("a new version is installed on a press", async () => {
  const phone = scene("idle");
  phone.snapshot = { ...phone.snapshot, update: { version: "9.9.9", file: "/x" } };
  render(<App bridge={phone} />);
  await press("Settings");
  await press("About");
  await press("Install version 9.9.9");
  expect(phone.asked).toContain("installUpdate");
});

test("a field, a step and a refusal say in the chosen language what is wrong", async () => {
  const phone = await open("Window and desktop");
  fireEvent.change(await screen.findByLabelText("Language"), { target: { value: "de" } });
  await screen.findByRole("heading", { name: "Fenster und Desktop" });
  await press("Zurück zu den Bereichen");
  await press("Gespräche");
  type("Gespräche gleichzeitig, höchstens", "0");
  expect(await screen.findByText("Gespräche gleichzeitig, höchstens: mindestens eins")).toBeTruthy();
  expect(await screen.findByText("Noch nicht gespeichert: Ein Feld stimmt noch nicht")).toBeTruthy();
  await press("Zurück zu den Bereichen");
  await press("Konten");
  await press(/office.* bearbeiten/);
  type("Server", "https://pbx.example.com");
  expect(await screen.findByText(/^Server: eine Adresse wie pbx.example.com/)).toBeTruthy();
  await press("Ausprobieren");
  expect(await screen.findByText("Der Server hat Benutzernamen oder Passwort abgelehnt (403)")).toBeTruthy();
  vi.spyOn(phone, "saveSettings").mockRejectedValueOnce({ code: "file-unwritten", detail: "no space" });
  await press("Speichern");
  expect(await screen.findByText("Die Datei kann nicht geschrieben werden: „\u2068no space\u2069“")).toBeTruthy();
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "en" } });
  await screen.findByRole("button", { name: "Settings" });
});

test("calls of one account are answered by themselves as it is set, and no others", async () => {
  const phone = await open("Calls");
  fireEvent.change(await screen.findByLabelText(/Calls on .*office/), { target: { value: "by-header" } });
  await waitFor(() => expect(phone.kept.auto_answer).toMatchObject([{ account: "office", callers: [], delay_s: 3 }]));
  fireEvent.change(await screen.findByLabelText("Who is answered"), { target: { value: " 6* \n\nbob " } });
  await waitFor(() => expect(phone.kept.auto_answer?.[0]?.callers).toEqual(["6*", "bob"]));
  fireEvent.change(screen.getByLabelText("During another call"), { target: { value: "hold" } });
  await waitFor(() => expect(phone.kept.auto_answer?.[0]?.busy).toBe("hold"));
  expect(phone.kept.auto_answer).toHaveLength(1);
});

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, expect, test } from "vitest";
import { someAssistant } from "../../bridge/fake-assistant";
import { scene } from "../../test/scenes";
import { App } from "../App";

afterEach(cleanup);

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const open = async (part: string) => {
  window.happyDOM.setViewport({ width: 360, height: 640 });
  const phone = scene("idle");
  render(<App bridge={phone} />);
  await press("Settings");
  await press("Diagnostics");
  await press(part);
  return phone;
};
const items = async (list: string | RegExp) =>
  within(await screen.findByRole("list", { name: list })).getAllByRole("listitem");

test("the connection check has a line for each thing, and says what to do about those that fail", async () => {
  const phone = await open("Connection");
  await press("Check");
  expect(await screen.findByText("4 things do not work")).toBeTruthy();
  expect(phone.asked).toContain("diagnose office");
  const results = await items("Results");
  expect(results.map((line) => line.className)).toEqual(phone.checks.map(({ outcome }) => `step ${outcome}`));
  const words = results.map((line) => line.textContent ?? "");
  expect(words[1]).toMatch(/TLS 1.3, trusted.*valid for 9 more days.*has to renew it/);
  expect(words[2]).toMatch(/-4000 s.*Set the clock right/);
  expect(words[4]).toMatch(/refused the user name or password.*once more/);
  expect(words[6]).toMatch(/turn:turn.example.com.*Enter the server’s user name and password/);
  expect(words[7]).toMatch(/symmetric NAT.*need a TURN server/);
});

test("all is well when nothing fails", async () => {
  const phone = await open("Connection");
  phone.checks = phone.checks.filter(({ outcome }) => outcome === "passed");
  await press("Check");
  expect(await screen.findByText("Everything works")).toBeTruthy();
});

test("the servers of the next call are shown where a service names them, and that there are none", async () => {
  const phone = await open("Connection");
  act(() => phone.show({ assistants: [someAssistant("XiVO")] }));
  const shown = await items(/STUN and TURN servers of the next call: .*XiVO/);
  expect(shown.map((one) => one.textContent?.replace(/[\u2068\u2069]/g, ""))).toEqual([
    "stun:edge.example.org:3478",
    "turn:edge.example.org:3478 turns:edge.example.org:3478 as 1767225600, with a password",
  ]);
  act(() => phone.show({ assistants: [someAssistant("XiVO", { ice_servers: [] })] }));
  expect(screen.getByText("None: the local network only")).toBeTruthy();
  act(() => phone.show({ assistants: [someAssistant("XiVO", { ice_servers: null })] }));
  expect(screen.getByText("The server has not named them yet")).toBeTruthy();
});

test("a call is told with what went wrong, what to do, its steps and its ladder", async () => {
  const phone = await open("Calls");
  const findings = await items("What went wrong");
  expect(findings[0]?.textContent).toMatch(/192.0.2.9:3478.* refused the user name or password \(401\)Enter/);
  expect(findings[1]?.textContent).toMatch(/one-way audio.*TURN server often helps/);
  expect(findings[2]?.textContent).toMatch(/12 % .*prefer a cable/);
  const steps = (await items("What happened")).map((step) => step.textContent);
  expect(steps[1]).toBe("18 msMessagesent INVITE (sdp)");
  expect(steps).toContain("6200 msAudioNo audio arrives from the other side");
  expect(steps).toContain("9000 msAudioThe audio is poor: MOS 2.4, 12% lost to here, 0% lost to there, jitter 41 ms");
  const rungs = await items("Who sent what");
  expect(rungs.map((rung) => rung.className).slice(1, 3)).toEqual(["message sent", "message received"]);
  await press("Save as a picture");
  await press("Save as text");
  expect(phone.asked).toContain(`saveExport ${JSON.stringify({ what: "ladder-svg", call: 2 })}`);
  expect(phone.asked).toContain(`saveExport ${JSON.stringify({ what: "ladder-text", call: 2 })}`);
  fireEvent.change(screen.getByLabelText("Call"), { target: { value: "1" } });
  expect(await screen.findByText("Nothing went wrong that this phone saw")).toBeTruthy();
});

test("messages are searched, read and saved as they are searched", async () => {
  const phone = await open("Messages");
  expect(await screen.findAllByText("REGISTER", { selector: "bdi" })).toHaveLength(1);
  fireEvent.input(screen.getByLabelText("Search the messages"), { target: { value: "SDP" } });
  await waitFor(() => expect(screen.queryByText("REGISTER", { selector: "bdi" })).toBeNull());
  expect((await items("Messages"))[0]?.textContent).toMatch(/9000.1 ms.*sent INVITE \(sdp\)office.*v=0/s);
  await press("Save as a capture file");
  expect(phone.asked).toContain(`saveExport ${JSON.stringify({ what: "capture", search: "SDP" })}`);
});

test("a support bundle is read before it can be saved, and where it is is told", async () => {
  const phone = await open("Support bundle");
  expect(screen.queryByRole("button", { name: "Save …" })).toBeNull();
  await press("Show it");
  expect((await screen.findByRole("region", { name: "Preview of the bundle" })).textContent).toBe(phone.bundle);
  await press("Save …");
  expect(await screen.findByText(/Saved as .*sidetone-support.txt/)).toBeTruthy();
  phone.saves = null;
  await press("Save …");
  expect(phone.asked.filter((asked) => asked.startsWith("saveExport"))).toHaveLength(2);
  expect(screen.getAllByText(/Saved as/)).toHaveLength(1);
});

test("what went wrong is told in the language in use", async () => {
  const phone = await open("Calls");
  await screen.findByText("What went wrong");
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "de" } });
  expect(await screen.findByText(/keiner kam von der Gegenseite an/)).toBeTruthy();
  expect(screen.getAllByText(/Der Ton ist schlecht: MOS 2,4/)).toHaveLength(2);
  await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: "en" } });
  await screen.findByText("What went wrong");
});

test("another key of a server stands before everything else until it is refused, and is found again", async () => {
  const phone = scene("key");
  render(<App bridge={phone} />);
  const warning = await screen.findByRole("alertdialog", { name: /office.* has another key/ });
  expect(within(warning).getByText(/^A1:A1/)).toBeTruthy();
  expect(within(warning).getByText(/^5C:5C/)).toBeTruthy();
  await press("Keep refusing");
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  phone.show({});
  expect(screen.queryByRole("alertdialog")).toBeNull();
  expect(phone.asked.some((asked) => asked.startsWith("acceptKey"))).toBe(false);
  await press("Settings");
  await press("Accounts");
  await press("Compare the keys");
  expect(await screen.findByRole("alertdialog")).toBeTruthy();
  await press("Accept the new key");
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(phone.asked.at(-1)).toMatch(/^acceptKey office 5C:5C/);
});

test("a key that cannot be accepted says why, and a third key is asked about anew", async () => {
  const phone = scene("key");
  phone.keyTrouble = { code: "file-unwritten", detail: "no space" };
  render(<App bridge={phone} />);
  await press("Accept the new key");
  const warning = screen.getByRole("alertdialog");
  expect(await within(warning).findByText(/The file cannot be written: “\u2068no space\u2069”/)).toBeTruthy();
  await press("Keep refusing");
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  const cause = { kind: "key-changed" as const, expected: "A1", found: "77" };
  phone.show({
    accounts: phone.snapshot.accounts.map((account) => ({
      ...account,
      state: { state: "offline", cause, retry_in_s: null },
    })),
  });
  expect(await screen.findByRole("alertdialog")).toBeTruthy();
});

test("events of services are listed as they come, newest first, each with its JSON", async () => {
  const phone = await open("Events");
  expect(screen.getByText("Nothing was told yet")).toBeTruthy();
  const row = (at_ms: number, kind: string, text: string) => ({
    at_ms,
    account: "office",
    group: "outgoing",
    kind,
    text,
  });
  act(() => phone.tells(row(10, "Establishing", '{"group":"outgoing","type":"Establishing"}')));
  act(() => phone.tells(row(20, "Connected", '{"group":"outgoing","type":"Connected","data":{"callee":"1002"}}')));
  const lines = (await items("Events")).map((line) => line.textContent);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/20.*outgoing\/Connected.*office.*"callee":"1002"/);
  await press("Messages");
  await waitFor(() => expect(phone.asked).toContain("leaveServiceEvents"));
});

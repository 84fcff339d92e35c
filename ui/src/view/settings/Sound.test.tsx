import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, test, vi } from "vitest";
import type { FakePhone } from "../../bridge/fake";
import type { DeviceFault } from "../../bridge/types";
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
const value = (name: string) => screen.getByRole("meter", { name }).getAttribute("aria-valuenow");
const over = (phone: FakePhone, trouble: DeviceFault | null) =>
  phone.show({ trial: { trial: { device: "microphone" }, stage: { stage: "over", trouble } } });

test("the levels of the devices move while their page is open, and no longer", async () => {
  const phone = await open("Devices");
  await waitFor(() => expect(value("Level of the microphone")).toBe("60"));
  phone.sound({ microphone_dbfs: -6, speaker_dbfs: -127, calls: [] });
  await waitFor(() => expect(value("Level of the microphone")).toBe("90"));
  expect(value("Level of the speaker")).toBe("0");
  expect(phone.asked.filter((asked) => asked === "followLevels devices")).toHaveLength(1);
  await press("Back to the sections");
  await waitFor(() => expect(phone.asked).toContain("leaveLevels devices"));
});

test("a device that is pulled out keeps its name in the list", async () => {
  window.happyDOM.setViewport({ width: 360, height: 640 });
  const phone = scene("idle");
  phone.kept.devices = { ...phone.kept.devices, speakers: ["pulse:headset"] };
  const headset = { id: "pulse:headset", name: "Headset" };
  const follow = vi.spyOn(phone, "followDevices").mockImplementation((draw) => {
    draw({ ...phone.devices, speakers: [headset] });
    return () => {};
  });
  render(<App bridge={phone} />);
  await press("Settings");
  await press("Devices");
  expect(screen.queryByText("not plugged in")).toBeNull();
  follow.mock.calls.forEach(([draw]) => {
    draw({ ...phone.devices, speakers: [] });
  });
  await screen.findByText("not plugged in");
  expect(screen.getByText("Headset")).toBeTruthy();
});

test("a microphone is tried, and what was wrong with it is said", async () => {
  const phone = await open("Devices");
  await press("Test the microphone");
  expect(phone.sent.at(-1)).toEqual({ command: "start-trial", trial: { device: "microphone" } });
  phone.show({ trial: { trial: { device: "microphone" }, stage: { stage: "recording" } } });
  expect(await screen.findByText("Say something: you are recorded for three seconds")).toBeTruthy();
  await press("Stop");
  expect(phone.sent.at(-1)).toEqual({ command: "stop-trial" });
  over(phone, { code: "only-silence" });
  expect((await screen.findByText(/gives nothing but silence/)).className).toBe("problem");
  over(phone, null);
  expect(await screen.findByText("If you heard yourself, the microphone works")).toBeTruthy();
});

test("who leaves the page ends the trial", async () => {
  const phone = await open("Devices");
  phone.show({ trial: { trial: { device: "speaker" }, stage: { stage: "playing" } } });
  await screen.findByText("Music plays");
  await press("Back to the sections");
  await waitFor(() => expect(phone.sent.at(-1)).toEqual({ command: "stop-trial" }));
});

test("a ringtone is chosen, heard, and can be a file", async () => {
  const phone = await open("Calls");
  fireEvent.change(await screen.findByLabelText("Ringtone"), { target: { value: "marimba" } });
  await waitFor(() => expect(phone.kept.calls?.ringtone).toBe("marimba"));
  await press("Listen");
  expect(phone.sent.at(-1)).toEqual({
    command: "start-trial",
    trial: { device: "ringer", ringtone: "marimba" },
  });
  fireEvent.change(screen.getByLabelText("Ringtone"), { target: { value: "file" } });
  const path = await screen.findByLabelText("File");
  expect(phone.kept.calls?.ringtone).toBe("marimba");
  fireEvent.input(path, { target: { value: "/srv/sounds/bell.ogg" } });
  fireEvent.change(path, { target: { value: "/srv/sounds/bell.ogg" } });
  await waitFor(() => expect(phone.kept.calls?.ringtone).toEqual({ file: "/srv/sounds/bell.ogg" }));
  const chosen = new File(["ding"], "ding.wav");
  fireEvent.change(screen.getByLabelText("Choose a file…"), { target: { files: [chosen] } });
  await waitFor(() => expect(phone.kept.calls?.ringtone).toEqual({ file: "/data/ringtones/ding.wav" }));
  expect(phone.asked).toContain("keepRingtone ding.wav ZGluZw==");
});

test("the first list asks the devices themselves", async () => {
  const phone = scene("first");
  const trouble = { code: "none", role: "microphone" } as const;
  phone.devices = { ...phone.devices, microphone: { using: null, trouble } };
  render(<App bridge={phone} />);
  expect(await screen.findByText("Microphone: there is none")).toBeTruthy();
});

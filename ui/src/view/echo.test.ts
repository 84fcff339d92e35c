import { expect, test } from "vitest";
import { someSettings } from "../bridge/fake-settings";
import { someSnapshot } from "../bridge/fake-snapshot";
import type { AccountView, Settings } from "../bridge/types";
import { echoOf } from "./echo";

const [account] = someSnapshot().accounts as [AccountView];
const xivo = {
  id: "xivo",
  enabled: true,
  provider: { kind: "xivo" as const, server: "https://xivo.example.com", login: "bob" },
};
const settings = (echo_number: string): Settings => {
  const some = someSettings();
  return { ...some, accounts: [...some.accounts, xivo], calls: { ...some.calls, echo_number } };
};
const ready = (...ids: string[]) => someSnapshot({ accounts: ids.map((id) => ({ ...account, id })) });

test("an echo is called where the account's kind of server has one, from that account", () => {
  expect(echoOf(settings(""), ready("office", "practice"))).toEqual({ account: "practice", number: "600" });
  expect(echoOf(settings(""), ready("office", "xivo"))).toEqual({ account: "xivo", number: "*55" });
  expect(echoOf(settings(""), ready("office"))).toBeNull();
});

test("a number of one's own goes before, and an account that is not ready has none", () => {
  expect(echoOf(settings("9196"), ready("office", "practice"))).toEqual({ account: "office", number: "9196" });
  const [office] = ready("office").accounts as [AccountView];
  const offline = { ...office, state: { state: "connecting" as const } };
  expect(echoOf(settings("9196"), someSnapshot({ accounts: [offline] }))).toBeNull();
});

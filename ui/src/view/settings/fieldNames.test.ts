import { beforeAll, expect, test } from "vitest";
import { someSettings } from "../../bridge/fake-settings";
import { speak } from "../../words/words";
import { fieldWords, valueWords } from "./fieldNames";
import { whole, wholeAculab, wholeInterface, wholeSip, wholeXivo } from "./whole";

beforeAll(() => speak("en"));

/** The dotted names of everything in a table, items of lists by their own name, as the phone tells them. */
function names(table: object, prefix = ""): string[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    if (Array.isArray(value)) {
      const named = value.filter(
        (item) => typeof item === "object" && item !== null && ("id" in item || "account" in item),
      );
      return named.length > 0 ? named.flatMap((item) => names(item, `${name}.${item.id ?? item.account}.`)) : [name];
    }
    return typeof value === "object" && value !== null ? names(value, `${name}.`) : [name];
  });
}

/** As in the words of the page, without marks of direction. */
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");

test("every field that others can set has a name on the page", () => {
  const sip = wholeSip({ kind: "sip", server: "x", user: "1" } as never);
  const xivo = wholeXivo({ kind: "xivo", server: "x", login: "1" } as never);
  const cloud = (version: object) =>
    wholeAculab({ kind: "aculab", cloud_id: "1-2-0", interface: wholeInterface(version as never) } as never);
  const v1 = cloud({ version: "v1", caller_id: "1" });
  const v2 = cloud({
    version: "v2",
    access_key: "k",
    client_id: "c",
    token_source: { source: "web-services", user: "u" },
  });
  const policy = {
    account: "a.b",
    when: "never",
    callers: [],
    contacts: false,
    delay_s: 3,
    busy: "refuse",
    microphone: "closed",
  };
  const settings = {
    ...whole(someSettings()),
    accounts: [sip, xivo, v1, v2].map((provider, at) => ({ id: `a.${at}`, enabled: true, provider })),
    auto_answer: [policy],
  };
  const unnamed = names(settings).filter((name) => name !== "version" && plain(fieldWords(name)) === name);
  // Nobody but the help desk of a cloud asks for these two.
  expect(unnamed.filter((name) => !/\.(?:origin|user_agent)$/.test(name))).toEqual([]);
});

test("a field is named with its account, and its value said in words", () => {
  expect(plain(fieldWords("accounts.desk.two.provider.server"))).toBe("desk.two: server");
  expect(plain(fieldWords("auto_answer.desk.callers"))).toBe("desk: who is answered");
  const said = (field: string, value: string) => plain(valueWords(field, value));
  expect(said("calls.waiting", "busy")).toBe("hears busy");
  expect(said("window.popup", "true")).toBe("on");
  expect(said("country", "de")).toBe("Germany");
  expect(said("window.language", "fr")).toBe("Français");
  expect(said("calls.codecs", '["opus", "g722"]')).toBe("opus, g722");
  expect(said("calls.forward.exceptions", "[]")).toBe("nothing");
  expect(said("calls.record", "as-nobody-knows")).toBe("as-nobody-knows");
});

// Each code that the phone tells has a sentence in each language, and what somebody else says stands in it as a quotation.
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type Language, speak } from "../words/words";
import { adviceWords, factWords, findingWords, fixWords, seenWords, triedWords } from "./diagnostics/facts";
import { faultWords, refusalWords } from "./refusals";
import { accountWords, causeWords, offlineWords } from "./texts";
import { deviceWords, fileWords, skippedWords, transferWords, troubleWords } from "./troubles";

/** What is said of a value of each type; no other type of the phone's has sentences. */
const SAID = {
  Trouble: troubleWords,
  TransferFault: transferWords,
  DeviceFault: deviceWords,
  FileFault: fileWords,
  Skipped: skippedWords,
  Cause: causeWords,
  OfflineCause: offlineWords,
  AccountState: accountWords,
  FieldFault: faultWords,
  Refusal: refusalWords,
  TrialFact: triedWords,
  StoryFact: factWords,
  Finding: (finding: never) => `${findingWords(finding)} ${adviceOf(finding)}`,
  CheckFact: (fact: never) => `${seenWords(fact)} ${fixWords(fact) ?? ""}`,
} as unknown as Record<string, (value: unknown) => string>;

/** A call that ended well is no finding, and has no advice. */
const WELL = /^(hung-up|transferred|cancelled|missed|answered-elsewhere|declined|diverted|busy|rejected|no-answer)$/;
function adviceOf(finding: { code: string; cause?: { kind: string } }): string {
  return WELL.test(finding.cause?.kind ?? "") ? "" : adviceWords(finding as never);
}

/** Fields that hold what others say. Whatever other text stands in a sentence is a name, an address or a number. */
const QUOTED = ["words", "text", "detail"];
/** What is the same in every language: an address, a message, the words of somebody else and nothing beside. */
const SAME = /"(?:message|plain|addresses|said|not-a-name|none-of|server-works|account)"/;
/** Where there is nothing to say. */
const NOTHING = /"(plain|server-works)"|"code":"ended","cause"/;
const MARKS = { en: "“”", fr: "«»", de: "„“", es: "«»" } satisfies Record<Language, string>;
const LANGUAGES = Object.keys(MARKS) as Language[];

type Node =
  | { of: "union"; nodes: Node[] }
  | { of: "both"; nodes: Node[] }
  | { of: "object"; fields: [string, Node][] }
  | { of: "list"; one: Node }
  | { of: "value"; value: unknown }
  | { of: "name"; name: string };

/** The types of the phone that the page knows, read from where they are generated. */
function typesOf(text: string): Map<string, Node> {
  const types = new Map<string, Node>();
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, "");
  for (const [, name = "", body = ""] of plain.matchAll(/^export type (\w+) =([\s\S]*?);\n(?=\n|export|$)/gm)) {
    types.set(name, new Reader(body).union());
  }
  return types;
}

class Reader {
  private readonly words: string[];
  constructor(body: string) {
    this.words = body.match(/"[^"]*"|\w+|\[\]|[{}()[\]|&:;,?]/g) ?? [];
  }
  union(): Node {
    while (this.words[0] === "|") this.words.shift();
    const nodes = [this.both()];
    while (this.words[0] === "|") {
      this.words.shift();
      nodes.push(this.both());
    }
    return nodes.length === 1 ? (nodes[0] as Node) : { of: "union", nodes };
  }
  private both(): Node {
    const nodes = [this.one()];
    while (this.words[0] === "&") {
      this.words.shift();
      nodes.push(this.one());
    }
    return nodes.length === 1 ? (nodes[0] as Node) : { of: "both", nodes };
  }
  private one(): Node {
    const word = this.words.shift() ?? "";
    let node: Node;
    if (word === "{") node = this.object();
    else if (word === "(" || word === "[") {
      node = this.union();
      while (this.words.shift() !== (word === "(" ? ")" : "]"));
    } else if (word.startsWith('"')) node = { of: "value", value: word.slice(1, -1) };
    else node = { of: "name", name: word };
    while (this.words[0] === "[]") {
      this.words.shift();
      node = { of: "list", one: node };
    }
    return node;
  }
  private object(): Node {
    const fields: [string, Node][] = [];
    while (this.words[0] !== "}") {
      const name = this.words.shift() ?? "";
      if (this.words[0] === "?") this.words.shift();
      this.words.shift();
      fields.push([name, this.union()]);
      if (this.words[0] === ";" || this.words[0] === ",") this.words.shift();
    }
    this.words.shift();
    return { of: "object", fields };
  }
}

const types = typesOf(readFileSync("src/bridge/types.ts", "utf8"));

/** One value for each variant of a type; where it holds others, one of these in turn. A type within itself is left out. */
function samples(node: Node, field: string, within: string[] = []): unknown[] {
  switch (node.of) {
    case "union":
      return node.nodes.flatMap((one) => samples(one, field, within));
    case "both":
      return node.nodes.map((one) => samples(one, field, within)).reduce(crossed);
    case "object":
      return node.fields
        .map(([name, of]) => samples(of, name, within).map((value) => ({ [name]: value })))
        .reduce(crossed, [{}]);
    case "list":
      return [samples(node.one, field, within)];
    case "value":
      return [node.value];
    case "name": {
      const known = types.get(node.name);
      if (known) return within.includes(node.name) ? [] : samples(known, field, [...within, node.name]);
      if (node.name === "number") return [7];
      if (node.name === "boolean") return [false, true];
      return node.name === "null" ? [null] : [`<${field}>`];
    }
  }
}

/** As many as the longer of the two has: every variant of each, not every pair. */
function crossed(some: unknown[], others: unknown[]): unknown[] {
  if (some.length === 0 || others.length === 0) return [];
  const length = Math.max(some.length, others.length);
  return Array.from({ length }, (_, at) => ({
    ...(some[at % some.length] as object),
    ...(others[at % others.length] as object),
  }));
}

const told = new Map<string, Map<Language, string>>();

beforeAll(async () => {
  for (const language of LANGUAGES) {
    await speak(language);
    for (const [name, say] of Object.entries(SAID)) {
      const node = types.get(name);
      if (!node) throw new Error(`there is no type ${name}`);
      for (const value of samples(node, name, [name])) {
        const key = `${name} ${JSON.stringify(value)}`;
        told.set(key, (told.get(key) ?? new Map()).set(language, say(value)));
      }
    }
  }
});

/** Each sentence that is not as it should be. */
function wrong(is: (words: string, language: Language, key: string) => boolean): string[] {
  return [...told].flatMap(([key, sentences]) =>
    [...sentences].flatMap(([language, words]) => (is(words, language, key) ? [`${language}: ${key}: ${words}`] : [])),
  );
}

test("every variant of what the phone tells is filled in, in every language", () => {
  expect(told.size).toBeGreaterThan(400);
  expect(wrong((words) => /undefined|\[object|\{\w+\}/.test(words))).toEqual([]);
  expect(wrong((words, _, key) => words.trim() === "" && !NOTHING.test(key))).toEqual([]);
});

test("no variant is told by an English sentence in another language", () => {
  const english = (words: string, language: Language, key: string) =>
    language !== "en" && words === told.get(key)?.get("en") && !SAME.test(key);
  expect(wrong(english)).toEqual([]);
});

test("what others say stands between quotation marks", () => {
  const bare = (words: string, language: Language) => {
    const [open, close] = MARKS[language];
    const plain = words.replaceAll("\u00a0", "").replaceAll(" ", "");
    return QUOTED.some((name) => plain.replaceAll(`${open}\u2068<${name}>\u2069${close}`, "").includes(`<${name}>`));
  };
  expect(wrong(bare)).toEqual([]);
});

test("behind a colon a sentence goes on small, but in German", () => {
  const begins = (words: string, language: Language) =>
    language !== "de" &&
    /: \p{Lu}(?!\p{Lu})/u.test(words.replaceAll("\u00a0", " ")) &&
    !/: (XiVO|Expected|Found)/.test(words);
  expect(wrong(begins)).toEqual([]);
});

test("each cause that the cloud has a name for has its own words", () => {
  const names = /^(hung-up|busy|not-found|moved|rejected|no-answer|server-failed|internal|no-microphone|no-device)$/;
  for (const language of LANGUAGES) {
    const causes = new Map<string, string>();
    for (const [key, sentences] of told) {
      const kind = /^Cause {"kind":"([a-z-]+)"/.exec(key)?.[1] ?? "";
      if (names.test(kind)) causes.set(kind, sentences.get(language) ?? "");
    }
    expect([causes.size, new Set(causes.values()).size]).toEqual([10, 10]);
  }
});

import type { assistant } from "./assistant/en.ts";
import type { diagnosis } from "./diagnosis/en.ts";
import type { en } from "./en.ts";
import type { refusals } from "./refusals/en.ts";
import type { settings } from "./settings/en.ts";
import type { troubles } from "./troubles/en.ts";

/** A sentence's forms by number (CLDR plural rules); `many`, as in a million, is said as `other`. */
type Forms = { one: string; other: string };
/** A sentence, or its forms by number. */
export type Entry = string | Forms;
export type Key = keyof typeof en | keyof typeof assistant | keyof typeof settings;
/** Every sentence of the English one, with forms by number where that has them. */
export type Catalogue = Translated<typeof en>;
/** The part of it about faults. */
export type DiagnosisWords = Translated<typeof diagnosis>;
/** What is said of a service's assistant. */
export type AssistantWords = Translated<typeof assistant>;
/** The part about what the phone refuses. */
export type RefusalWords = Translated<typeof refusals>;
/** What the settings say, the part about faults with it. */
export type SettingsWords = Translated<typeof settings>;
/** The part about what did not work. */
export type TroubleWords = Translated<typeof troubles>;
type Translated<English> = { [K in keyof English]: English[K] extends string ? string : Forms };

/** The languages of the page, each in a file of its own: a page loads the words of the one it speaks. */
const LANGUAGES = {
  en: async (): Promise<Catalogue> => (await import("./en.ts")).en,
  fr: async (): Promise<Catalogue> => (await import("./fr.ts")).fr,
  de: async (): Promise<Catalogue> => (await import("./de.ts")).de,
  es: async (): Promise<Catalogue> => (await import("./es.ts")).es,
};
export type Language = keyof typeof LANGUAGES;

/** Words that a page has once somebody needs them. */
const FURTHER = {
  assistant: {
    en: async (): Promise<AssistantWords> => (await import("./assistant/en.ts")).assistant,
    fr: async (): Promise<AssistantWords> => (await import("./assistant/fr.ts")).assistant,
    de: async (): Promise<AssistantWords> => (await import("./assistant/de.ts")).assistant,
    es: async (): Promise<AssistantWords> => (await import("./assistant/es.ts")).assistant,
  },
  settings: {
    en: async (): Promise<SettingsWords> => (await import("./settings/en.ts")).settings,
    fr: async (): Promise<SettingsWords> => (await import("./settings/fr.ts")).settings,
    de: async (): Promise<SettingsWords> => (await import("./settings/de.ts")).settings,
    es: async (): Promise<SettingsWords> => (await import("./settings/es.ts")).settings,
  },
} satisfies Record<string, Record<Language, unknown>>;
type Further = keyof typeof FURTHER;

/** Each language by its own name. */
export const LANGUAGE_NAMES: readonly (readonly [Language, string])[] = [
  ["en", "English"],
  ["fr", "Français"],
  ["de", "Deutsch"],
  ["es", "Español"],
];

let language: Language = "en";
let plural = new Intl.PluralRules("en");
let words: Partial<Record<Key, Entry>> | undefined;
/** Which further words somebody needs. */
const further = new Set<Further>();
/** The language asked for last: of several that are loaded at a time, it is the one to be spoken. */
let wanted: Language = "en";

/** The language for a wish and what the system speaks; English when there is none of ours among them. */
export function chooseLanguage(wish: string, system: readonly string[]): Language {
  for (const tag of [wish, ...system]) {
    const found = tag.toLowerCase().split("-")[0] ?? "";
    if (found in LANGUAGES) return found as Language;
  }
  return "en";
}

/** Everything is said in this language from when its words are there on. */
export async function speak(chosen: Language): Promise<void> {
  wanted = chosen;
  if (words && language === chosen) return;
  const loaded: typeof words = { ...(await LANGUAGES[chosen]()) };
  // Those that are asked for meanwhile come in this turn, too.
  for (const part of further) Object.assign(loaded, await FURTHER[part][chosen]());
  if (wanted !== chosen) return;
  [language, words, plural] = [chosen, loaded, new Intl.PluralRules(chosen)];
}

/** Loads further words; from then on each language that is spoken has them. */
export async function speakOf(part: Further): Promise<void> {
  further.add(part);
  const spoken = language;
  const loaded = await FURTHER[part][spoken]();
  // Another language brings its own.
  if (spoken === language) words = { ...words, ...loaded };
}

/** Loads the first words a page says, before it is drawn. */
export const speakFirst = (wish = "") => speak(chooseLanguage(wish, navigator.languages));

export function spokenLanguage(): Language {
  return language;
}

/** As which numbers and times are written: as where the user is, when the language is spoken there. */
export function spokenLocale(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
}

/** The sentence for a key. `{name}` is replaced; `count` chooses the form by number. */
export function say(key: Key, values: Record<string, string | number> = {}): string {
  const entry = words?.[key];
  if (entry === undefined) throw new Error("a page spoke before it had words");
  const text =
    typeof entry === "string" ? entry : plural.select(Number(values.count ?? 0)) === "one" ? entry.one : entry.other;
  const set = language === "fr" ? text.replace(/ (?=[:;?!»])|(?<=«) /g, "\u00a0") : text;
  return set.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** What somebody else says, in his words, between the quotation marks of the language; nothing where he says nothing. */
export const quoted = (text: string) => (text ? say("app.quoted", { text: isolated(text) }) : "");

/** Names that begin a sentence, and are written so everywhere. */
const NAMES = /^(XiVO|Sidetone|Aculab)/;

/** A sentence as the rest of another one, behind a colon. There it begins small, but not in German, where it is whole. */
export function continued(sentence: string): string {
  const begins = language !== "de" && /^\p{Lu}(?!\p{Lu})/u.test(sentence) && !NAMES.test(sentence);
  return begins ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}

/** What is said about something, by its name. */
export const about = (what: string, words: string) => say("app.about", { what, words: continued(words) });

/** Keeps a number or name in its own direction inside a sentence of another (Unicode isolates). */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";

/** A sentence's forms by number (CLDR plural rules); `many`, as in a million, is said as `other`. */
type Forms = { one: string; other: string };
/** A sentence, or its forms by number. */
export type Entry = string | Forms;
export type Key = keyof typeof en;
/** Every sentence of the English one, with forms by number where that has them. */
export type Catalogue = { [K in Key]: (typeof en)[K] extends string ? string : Forms };

/** The languages of the page. */
export const LANGUAGES = { en, fr, de, es } satisfies Record<string, Catalogue>;
export type Language = keyof typeof LANGUAGES;

/** Each language by its own name. */
export const LANGUAGE_NAMES: readonly (readonly [Language, string])[] = [
  ["en", "English"],
  ["fr", "Français"],
  ["de", "Deutsch"],
  ["es", "Español"],
];

let language: Language = "en";
let plural = new Intl.PluralRules("en");

/** The language for a wish and what the system speaks; English when there is none of ours among them. */
export function chooseLanguage(wish: string, system: readonly string[]): Language {
  for (const tag of [wish, ...system]) {
    const found = tag.toLowerCase().split("-")[0] ?? "";
    if (found in LANGUAGES) return found as Language;
  }
  return "en";
}

/** From now on everything is said in this language. */
export function speak(chosen: Language): void {
  language = chosen;
  plural = new Intl.PluralRules(chosen);
}

export function spokenLanguage(): Language {
  return language;
}

/** The sentence for a key. `{name}` is replaced; `count` chooses the form by number. */
export function say(key: Key, values: Record<string, string | number> = {}): string {
  const entry: Entry = (LANGUAGES[language] as Catalogue)[key];
  const text =
    typeof entry === "string" ? entry : plural.select(Number(values.count ?? 0)) === "one" ? entry.one : entry.other;
  const set = language === "fr" ? text.replace(/ (?=[:;?!»])|(?<=«) /g, "\u00a0") : text;
  return set.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Keeps a number or name in its own direction inside a sentence of another (Unicode isolates). */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

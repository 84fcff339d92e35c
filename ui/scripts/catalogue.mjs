// Finds words in views that are not in the catalogue, and keys of the catalogue that nobody says.
import { readdirSync, readFileSync } from "node:fs";

const views = readdirSync("src/view", { recursive: true }).filter(
  (name) => /\.tsx?$/.test(name) && !name.includes(".test."),
);
const source = views.map((name) => [name, readFileSync(`src/view/${name}`, "utf8")]);
const problems = [];

for (const [name, text] of source) {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  if (!name.endsWith(".tsx")) continue;
  // Text between tags, and attributes that people read or hear.
  for (const [, words] of code.matchAll(/>([^<>{}=;()]*\p{L}{2}[^<>{}=;()]*)</gu))
    problems.push(`${name}: ${words.trim()}`);
  for (const [, words] of code.matchAll(/\s(?:aria-label|title|placeholder|alt)="([^"]*\p{L}[^"]*)"/gu)) {
    problems.push(`${name}: ${words}`);
  }
}

/** A catalogue, all of its files. */
const catalogue = (language) =>
  readdirSync("src/words", { recursive: true })
    .filter((name) => name.split(/[\\/]/).at(-1) === `${language}.ts`)
    .map((name) => readFileSync(`src/words/${name}`, "utf8"))
    .join("\n");

const keys = [...catalogue("en").matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key);
// A key in two files of a catalogue has one sentence only: that of the file that is spread last.
for (const key of keys.filter((key, at) => keys.indexOf(key) !== at)) problems.push(`${key} stands twice`);
const said = source.map(([, text]) => text).join("\n");
// A key that is put together, as in `outcome.${…}`, counts as said when its first part is.
const made = [...said.matchAll(/[`"']([a-z-]+\.)\$\{/g)].map(([, start]) => start);
for (const key of keys) {
  if (!said.includes(`"${key}"`) && !made.some((start) => key.startsWith(start))) problems.push(`nobody says ${key}`);
}

// The compiler sees a missing sentence, but not one that is filled in otherwise than the English one.
const sentences = (language) => {
  const entries = catalogue(language).matchAll(/^ {2}"([^"]+)":\s*([\s\S]*?),\n(?= {2}"|\n|\})/gm);
  return new Map([...entries].map(([, key, entry]) => [key, filled(entry)]));
};
const filled = (entry) => [...new Set(entry.match(/\{\w+\}/g) ?? [])].sort().join(" ");
const english = sentences("en");
for (const language of ["fr", "de", "es"]) {
  const translated = sentences(language);
  for (const [key, names] of english) {
    const told = translated.get(key);
    if (told !== names)
      problems.push(`${language}: ${key} is filled in by "${told ?? "nothing"}" instead of "${names}"`);
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

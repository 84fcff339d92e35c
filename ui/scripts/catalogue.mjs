// Finds words in views that are not in the catalogue, keys of the catalogue that nobody says, and those that are said too early.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

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

// What the settings say is loaded with them: nothing that a page has from its start says any of it.
const keysOf = (file) => [...readFileSync(file, "utf8").matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key);
const withSettings = [...keysOf("src/words/settings/en.ts"), ...keysOf("src/words/diagnosis/en.ts")];
for (const file of loadedFirst(["src/main.tsx", "src/incoming.tsx", "src/kiosk.tsx"])) {
  const text = readFileSync(file, "utf8");
  for (const key of withSettings)
    if (text.includes(`"${key}"`)) problems.push(`${file}: ${key} comes with the settings`);
}

/** Files, and those that they import before they run. */
function loadedFirst(files) {
  const found = [...files];
  for (const file of found) {
    for (const [, name] of readFileSync(file, "utf8").matchAll(
      /^(?:import|export)(?! type)[^;]*? from "(\.[^"]+)"/gm,
    )) {
      const path = join(dirname(file), name);
      const full = [path, `${path}.ts`, `${path}.tsx`].find((one) => /\.tsx?$/.test(one) && existsSync(one));
      if (full && !found.includes(full)) found.push(full);
    }
  }
  return found;
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

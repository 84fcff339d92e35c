import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { builtFolder, expect, LANGUAGES } from "./kit.mjs";

/** What a window may load to be drawn, uncompressed: its page, and the words of one language. */
const BUDGET = 190_000;

/** What the settings are on top of it, with their words. */
const SETTINGS_BUDGET = 110_000;

/** What comes on top of it where an account has an assistant, with the rooms that its user is in. */
const ASSISTANT_BUDGET = 17_000;

/** A catalogue. */
const WORDS = /^(?:en|fr|de|es)-[\w-]+\.js$/;

export default async function size({ test }) {
  const folder = builtFolder("dist");
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  const bytes = (path) => statSync(path).size;
  const catalogues = files.filter((path) => WORDS.test(basename(path)));
  const saying = (key) => catalogues.filter((path) => readFileSync(path, "utf8").includes(key));
  const words = saying("app.views");
  const further = saying("assistant.directory");
  const ofSettings = saying("settings.sections");
  const most = (paths) => Math.max(...paths.map(bytes));
  const largest = most(words);
  test("the words of each language are a file of their own, and those of the assistant and the settings others", () => {
    const all = [words, further, ofSettings];
    const each = all.every(({ length }) => length === LANGUAGES.length);
    expect(each && new Set(all.flat()).size === catalogues.length, catalogues.join(" "));
  });
  test(`the settings load less than ${SETTINGS_BUDGET} bytes more`, () => {
    const views = files.filter((path) => /^Settings-.*\.(?:js|css)$/.test(basename(path)));
    const sum = views.reduce((all, path) => all + bytes(path), most(ofSettings));
    expect(views.length > 0 && sum < SETTINGS_BUDGET, `${sum} bytes: ${views.join(" ")}`);
  });
  test(`the assistant loads less than ${ASSISTANT_BUDGET} bytes more`, () => {
    const views = files.filter((path) => /^views-.*\.(?:js|css)$/.test(basename(path)));
    const sum = views.reduce((all, path) => all + bytes(path), most(further));
    expect(views.length === 2 && sum < ASSISTANT_BUDGET, `${sum} bytes: ${views.join(" ")}`);
  });
  for (const page of files.filter((path) => path.endsWith(".html"))) {
    const parts = loadedBy(page, files);
    const sum = parts.reduce((all, path) => all + bytes(path), largest);
    test(`${basename(page)} loads less than ${BUDGET} bytes: ${sum}`, () => expect(sum < BUDGET, `${sum} bytes`));
    test(`${basename(page)} loads no words before it knows its language`, () =>
      expect(!parts.some((path) => catalogues.includes(path)), parts.join(" ")));
  }
  test("the product holds nothing made up, no inline script or style", () => {
    for (const path of files) {
      const text = readFileSync(path, "utf8");
      expect(!text.includes("Ada Lovelace"), `${path} holds the made-up phone`);
      if (path.endsWith(".html")) {
        expect(!/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i.test(text), `${path} holds a script or a style`);
      }
    }
  });
}

/** A page and everything that it names, or that a part of it needs before it can run. */
function loadedBy(page, files) {
  const found = [page];
  for (const path of found) {
    const text = readFileSync(path, "utf8");
    const names = path.endsWith(".html")
      ? text.matchAll(/(?:src|href)="\/?([^"]+)"/g)
      : text.matchAll(/(?:^|[;}\s])(?:import|export)[^("'`;]*["'`]\.\/([^"'`]+)["'`]/g);
    for (const [, name] of names) {
      const part = files.find((file) => basename(file) === basename(name));
      if (part && !found.includes(part)) found.push(part);
    }
  }
  return found;
}

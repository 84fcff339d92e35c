import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { builtFolder, expect, LANGUAGES } from "./kit.mjs";

/** What may be loaded, uncompressed: all three pages, and the words of one language. */
const BUDGET = 200_000;

/** A catalogue. */
const WORDS = /[\\/](?:en|fr|de|es)-[\w-]+\.js$/;

export default async function size({ test }) {
  const folder = builtFolder("dist");
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  const sum = (paths) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const words = files.filter((path) => WORDS.test(path));
  const largest = Math.max(...words.map((path) => statSync(path).size));
  const bytes = sum(files.filter((path) => !words.includes(path))) + largest;
  test("the words of each language are a file of their own", () =>
    expect(words.length === LANGUAGES.length, words.join(" ")));
  test(`the page is below ${BUDGET} bytes: ${bytes}`, () => expect(bytes < BUDGET, `${bytes} bytes`));
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

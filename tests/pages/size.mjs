import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { builtFolder, expect } from "./kit.mjs";

/** All of what the program carries of the page, uncompressed. */
const BUDGET = 230_000;

export default async function size({ test }) {
  const folder = builtFolder("dist");
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
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

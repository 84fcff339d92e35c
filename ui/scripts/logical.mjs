// Finds directions of the screen in the styles: the page must hold where lines run from right to left.
import { readdirSync, readFileSync } from "node:fs";

const SIDES =
  /(?:^|[\s;{])((?:margin|padding|border|inset)-(?:left|right)[\w-]*|left|right|float|clear|text-align)\s*:\s*([^;]+);/g;
const problems = [];
for (const name of readdirSync("src/style")) {
  const text = readFileSync(`src/style/${name}`, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  for (const [, property, value] of text.matchAll(SIDES)) {
    if (/^(?:float|clear|text-align)$/.test(property) && !/\b(?:left|right)\b/.test(value)) continue;
    problems.push(`${name}: ${property}: ${value}`);
  }
  // Four values of which the second and the fourth differ are sides, too.
  for (const [whole, , , right, , left] of text.matchAll(
    /(?:margin|padding|inset|border-width)\s*:\s*(([^\s;]+)\s+([^\s;]+)\s+([^\s;]+)\s+([^\s;]+));/g,
  )) {
    if (right !== left) problems.push(`${name}: ${whole}`);
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

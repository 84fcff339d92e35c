// The built page on a made-up phone, in a browser: `npm run pages` in `ui`.
import { browser, serve } from "./kit.mjs";

const parts = ["size", "accessible", "fits", "literal", "keyboard", "popup"];
const only = process.argv[2];
const served = await serve("dist-fake");
const chromium = await browser();
let passed = 0;
let failed = 0;

/** One claim; it fails by throwing. */
async function test(name, claim) {
  try {
    await claim();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${String(error.message ?? error).replaceAll("\n", "\n        ")}`);
  }
}

for (const part of parts) {
  if (only && only !== part) continue;
  const { default: run } = await import(`./${part}.mjs`);
  await run({ test, chromium, origin: served.origin });
}
await chromium.close();
served.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

// The built page on a made-up phone, in a browser: `npm run pages` in `ui`.
import { browser, serve } from "./kit.mjs";

const parts = ["size", "accessible", "fits", "words", "literal", "keyboard", "focus", "lists", "popup", "kiosk"];
const only = process.argv[2];
const served = await serve("dist-fake");
const chromium = await browser();
let passed = 0;
let failed = 0;

/** Claims that are looked at side by side: much of the time of each is waiting. */
const AT_ONCE = 3;
const claims = [];

/** One claim; it fails by throwing. Claims are looked at when all are known. */
function test(name, claim) {
  claims.push({ name, claim });
}

async function look() {
  for (let next = claims.shift(); next; next = claims.shift()) {
    try {
      await next.claim();
      passed += 1;
      console.log(`ok      ${next.name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${next.name}\n        ${String(error.message ?? error).replaceAll("\n", "\n        ")}`);
    }
  }
}

for (const part of parts) {
  if (only && only !== part) continue;
  const { default: run } = await import(`./${part}.mjs`);
  await run({ test, chromium, origin: served.origin });
}
await Promise.all(Array.from({ length: AT_ONCE }, look));
await chromium.close();
served.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

import { expect, open, VIEWS } from "./kit.mjs";

const SIZES = [
  ["320 px", { width: 320, height: 480 }],
  ["200 % text", { width: 360, height: 640, zoom: 2 }],
  ["German", { width: 320, height: 480, locale: "de-DE" }],
  ["wide", { width: 1100, height: 700 }],
];

/** Nothing sticks out sideways, and no button's word is cut off. */
export default async function fits({ test, chromium, origin }) {
  for (const [name, size] of SIZES) {
    for (const view of VIEWS) {
      await test(`${view.name} fits at ${name}`, async () => {
        const { page, close } = await open(chromium, `${origin}/fake.html?scene=${view.scene}`, size);
        try {
          await view.open(page);
          await page.waitForTimeout(60);
          const out = await page.evaluate(sticking);
          expect(out.length === 0, out.join("\n"));
        } finally {
          await close();
        }
      });
    }
  }
  await test("eight calls each show name, state and how to end them at 320 px", async () => {
    const { page, close } = await open(chromium, `${origin}/fake.html?scene=eight`, { width: 320, height: 480 });
    try {
      const cards = page.locator(".calls > .call");
      expect((await cards.count()) === 8, "not eight cards");
      for (const card of await cards.all()) {
        await card.scrollIntoViewIfNeeded();
        for (const part of [".call-name", ".call-state", ".action.end"]) {
          const box = await card.locator(part).boundingBox();
          expect(
            box && box.width > 20 && box.height > 10 && box.x >= 0 && box.x + box.width <= 320,
            `${part} cannot be read`,
          );
        }
      }
    } finally {
      await close();
    }
  });
}

function sticking() {
  const found = [];
  for (const element of document.querySelectorAll("body, body *")) {
    if (element.closest("svg") || element.closest(".unseen") || element.matches("option")) continue;
    const style = getComputedStyle(element);
    if (style.display === "none" || style.visibility === "hidden" || style.clipPath !== "none") continue;
    const box = element.getBoundingClientRect();
    const name = `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? "").slice(0, 30)}"`;
    if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1))
      found.push(`${name} reaches from ${box.left} to ${box.right}`);
    if (
      /auto|scroll/.test(style.overflowX) &&
      element.scrollWidth > element.clientWidth + 1 &&
      !element.matches("input, textarea, select")
    ) {
      found.push(`${name} scrolls sideways: ${element.scrollWidth} in ${element.clientWidth}`);
    }
    if (element.matches("button") && element.scrollWidth > element.clientWidth + 2) found.push(`${name} is cut off`);
  }
  return found.slice(0, 6);
}

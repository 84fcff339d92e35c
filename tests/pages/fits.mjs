import { expect, LANGUAGES, open, speak, VIEWS } from "./kit.mjs";

const SIZES = [
  ["320 px", { width: 320, height: 480, zoom: 1 }],
  ["200 % text", { width: 360, height: 640, zoom: 2 }],
  ["360 px", { width: 360, height: 640, zoom: 1 }],
  ["800 px", { width: 800, height: 600, zoom: 1 }],
  ["800 px, 200 % text", { width: 800, height: 600, zoom: 2 }],
  ["wide", { width: 1100, height: 700, zoom: 1 }],
  ["wide, 200 % text", { width: 1500, height: 900, zoom: 2 }],
];

/** Nothing sticks out sideways, and no button's word is cut off: in each language, and written from right to left. */
export default async function fits({ test, chromium, origin }) {
  for (const view of VIEWS) {
    test(`${view.name} fits at each size, in each language and direction`, async () => {
      const { page, close } = await open(chromium, `${origin}/fake.html?scene=${view.scene}`);
      try {
        await view.open(page);
        for (const [name, { zoom, ...size }] of SIZES) {
          await page.setViewportSize(size);
          await page.evaluate((factor) => {
            document.documentElement.style.fontSize = `${factor * 100}%`;
          }, zoom);
          for (const language of [...LANGUAGES, "rtl"]) {
            await page.evaluate(
              (dir) => {
                document.documentElement.dir = dir;
              },
              language === "rtl" ? "rtl" : "ltr",
            );
            if (language !== "rtl") await speak(page, language);
            await page.waitForTimeout(40);
            const out = await page.evaluate(sticking);
            expect(out.length === 0, `at ${name}, ${language}: ${out.join("\n")}`);
            const small = zoom === 1 ? await page.evaluate(tooSmall) : [];
            expect(small.length === 0, `at ${name}, ${language}: ${small.join("\n")}`);
          }
        }
      } finally {
        await close();
      }
    });
  }
  test("a call is ended without scrolling, whatever the phone tells meanwhile, in each language", async () => {
    for (const scene of ["talking", "beset"]) {
      const { page, close } = await open(chromium, `${origin}/fake.html?scene=${scene}`);
      try {
        for (const [name, { zoom, ...size }] of SIZES) {
          // Lower than this the buttons alone are higher than what is left between what stands above and below.
          if (size.height / zoom < 320) continue;
          await page.setViewportSize(size);
          await page.evaluate((factor) => {
            document.documentElement.style.fontSize = `${factor * 100}%`;
          }, zoom);
          for (const language of LANGUAGES) {
            await speak(page, language);
            const shows = page.locator(".toast.brief [aria-expanded=false]");
            for (const opened of [false, true]) {
              if (opened && (await shows.count()) > 0) await shows.click();
              const covered = await page.evaluate(hidden, ".call .action.end");
              expect(!covered, `${scene} at ${name}, ${language}, notices ${opened ? "whole" : "short"}: ${covered}`);
              if (zoom > 1 || size.height < 600 || opened) continue;
              for (const part of [".call-name", ".timer", ".action:first-child"]) {
                const covered = await page.evaluate(hidden, `.call ${part}`);
                expect(!covered, `${scene} at ${name}, ${language}: ${covered}`);
              }
            }
            if (scene === "beset") await page.locator(".toast.brief [aria-expanded=true]").click();
          }
        }
      } finally {
        await close();
      }
    }
  });
  test("with great letters a button of the account stands beside its name, and a call is named above the lists", async () => {
    const { page, close } = await open(chromium, `${origin}/fake.html?scene=talking`);
    try {
      await page.setViewportSize({ width: 360, height: 640 });
      await page.evaluate(() => {
        document.documentElement.style.fontSize = "200%";
      });
      await page.getByRole("button", { name: "Settings", exact: true }).click();
      await page.locator(".sections").waitFor();
      const seen = await page.evaluate(() => {
        const box = (chosen) => document.querySelector(chosen).getBoundingClientRect();
        const [row] = [...document.querySelectorAll(".sections button")];
        const [words, arrow] = [row.querySelector("span"), row.querySelector("span + .icon")];
        return {
          beside: box(".account-bar > .small").top < box(".chip").bottom,
          named: box(".call-strip span").width,
          covered: words.scrollWidth > words.clientWidth && arrow.getBoundingClientRect().width > 0,
        };
      });
      expect(seen.beside && seen.named > 50 && !seen.covered, JSON.stringify(seen));
    } finally {
      await close();
    }
  });
  test("a call is answered without scrolling at each size", async () => {
    const { page, close } = await open(chromium, `${origin}/fake.html?scene=incoming`);
    try {
      for (const [name, { zoom, ...size }] of SIZES) {
        if (size.height / zoom < 320) continue;
        await page.setViewportSize(size);
        await page.evaluate((factor) => {
          document.documentElement.style.fontSize = `${factor * 100}%`;
        }, zoom);
        for (const language of LANGUAGES) {
          await speak(page, language);
          const covered = await page.evaluate(hidden, ".incoming .action.answer");
          expect(!covered, `at ${name}, ${language}: ${covered}`);
        }
      }
    } finally {
      await close();
    }
  });
  test("eight calls each show name, state and how to end them at 320 px", async () => {
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

/** What of an element cannot be seen or touched without scrolling; nothing where all of it can. */
function hidden(selector) {
  const element = document.querySelector(selector);
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
  // Not at its corners, which are round.
  for (const [x, y] of [
    [left + 3, centre],
    [right - 3, centre],
    [middle, top + 3],
    [middle, bottom - 3],
  ]) {
    const there = document.elementFromPoint(x, y);
    if (!there || !element.contains(there))
      return `${selector} is covered at ${x}, ${y} by ${there?.outerHTML.slice(0, 80)}`;
  }
  return null;
}

/** Text below 14 px, and what is touched below 24 px; what is decoration may be smaller. */
function tooSmall() {
  const found = [];
  const named = (element) =>
    `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? "").slice(0, 30)}"`;
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("svg, .unseen, [aria-hidden=true]") || !element.checkVisibility()) continue;
    const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const size = Number.parseFloat(getComputedStyle(element).fontSize);
    if (says && size < 13.9) found.push(`${named(element)} is ${size} px`);
    if (element.matches("button, summary, select, input:not([type=checkbox], .file input)")) {
      const { width, height } = element.getBoundingClientRect();
      if (width < 24 || height < 24) found.push(`${named(element)} is ${width} by ${height}`);
      const main = element.matches(".primary, .danger, .call-button, .action.answer, .action.end, .pad-key");
      if (main && height < 40) found.push(`${named(element)} is ${height} high`);
    }
  }
  return found.slice(0, 6);
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

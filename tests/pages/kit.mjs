// A server for a built page with the program's own policy, and a browser to look at it.
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(join(root, "ui/package.json"));
const { chromium } = require("playwright-core");
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

/** The policy of the program's windows, from its configuration. */
function policy() {
  const { app } = JSON.parse(readFileSync(join(root, "src-tauri/tauri.conf.json"), "utf8"));
  return Object.entries(app.security.csp)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}

/** Serves a folder of `ui` on a free port of this machine. */
export async function serve(folder) {
  const base = join(root, "ui", folder);
  const csp = policy();
  const server = createServer((request, response) => {
    const path = normalize(join(base, new URL(request.url, "http://localhost").pathname));
    if (!path.startsWith(base) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
      // A browser asks for an icon by itself.
      response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain", "content-security-policy": csp });
    response.end(readFileSync(path));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** The browser that is there: Edge comes with Windows; who has macOS has Chrome, or names another one. */
function installed() {
  const named = process.env.SIDETONE_CHROMIUM;
  if (named) return { executablePath: named };
  if (process.platform === "win32") return { channel: "msedge" };
  if (process.platform === "darwin") return { channel: "chrome" };
  return { executablePath: "/usr/bin/chromium" };
}

export function browser() {
  return chromium.launch({
    ...installed(),
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
  });
}

/** The product's files with their sizes in bytes. */
export function builtFolder(folder) {
  return join(root, "ui", folder);
}

/** Every view of the main page: its scene, and how to come there. */
export const VIEWS = [
  ...[
    "idle",
    "talking",
    "two",
    "bad",
    "one-way",
    "ringing",
    "incoming",
    "second",
    "ended",
    "eight",
    "conference",
    "consulting",
    "asked",
    "desk",
    "many",
    "first",
    "notices",
    "beset",
    "offline",
    "key",
  ].map((scene) => ({ name: scene, scene, open: async () => {} })),
  { name: "notices shown", scene: "beset", open: (page) => page.locator(".toast.brief [aria-expanded]").click() },
  { name: "keypad", scene: "talking", open: (page) => button(page, "keypad") },
  { name: "reasons to decline", scene: "second", open: (page) => page.locator(".reasons-toggle").click() },
  {
    name: "what was sent along",
    scene: "sent-along",
    open: async (page) => {
      for (const summary of await page.locator(".sent-along > summary").all()) await summary.click();
    },
  },
  { name: "transfer sheet", scene: "two", open: (page) => target(page, "t") },
  { name: "redirect sheet", scene: "incoming", open: (page) => target(page, null) },
  { name: "history", scene: "idle", open: (page) => tab(page, 1) },
  { name: "contacts", scene: "idle", open: (page) => tab(page, 2) },
  {
    name: "contact form",
    scene: "idle",
    open: async (page) => {
      await tab(page, 2);
      await page.locator(".row-item.contact .small").first().click();
    },
  },
  { name: "settings", scene: "idle", open: (page) => tab(page, 3) },
  ...Array.from({ length: 9 }, (_, at) => ({
    name: `settings ${at + 1}`,
    scene: "idle",
    open: (page) => section(page, at),
  })),
  {
    name: "account form",
    scene: "idle",
    open: async (page) => {
      await section(page, 0);
      await page.locator(".account-buttons .small").nth(2).click();
      await page.locator(".more > summary").click();
      await page.locator(".account-form .row > button").nth(1).click();
      await page.locator(".steps").waitFor();
    },
  },
  { name: "caller ids", scene: "caller", open: async () => {} },
  {
    name: "caller form",
    scene: "caller",
    open: async (page) => {
      await section(page, 0);
      await page.locator(".account-buttons").first().locator(".small").nth(2).click();
      await page.locator(".more > summary").click();
    },
  },
  { name: "account at a cloud", scene: "cloud", open: (page) => section(page, 0) },
  {
    name: "cloud form",
    scene: "cloud",
    open: async (page) => {
      await section(page, 0);
      await page.locator(".account-buttons").last().locator(".small").nth(2).click();
      await page.locator(".more > summary").click();
    },
  },
  {
    name: "cloud sheet",
    scene: "cloud",
    open: async (page) => {
      await section(page, 0);
      await page.locator(".accounts .quiet").last().click();
      await page.locator("dialog .servers li").first().waitFor();
    },
  },
  {
    name: "new server",
    scene: "idle",
    open: async (page) => {
      await section(page, 3);
      await page.locator(".group > .quiet").first().click();
      await page.locator(".new-server select").selectOption("turn-tls");
    },
  },
  {
    name: "connection check",
    scene: "idle",
    open: async (page) => {
      await section(page, DIAGNOSTICS);
      await page.locator(".section .primary").click();
      await page.locator(".steps").waitFor();
    },
  },
  {
    name: "story of a call",
    scene: "idle",
    open: async (page) => {
      await part(page, 1);
      await page.locator(".ladder").waitFor();
    },
  },
  {
    name: "messages",
    scene: "idle",
    open: async (page) => {
      await part(page, 2);
      await page.locator(".trace summary").first().click();
    },
  },
  { name: "events of services", scene: "idle", open: (page) => part(page, 3) },
  {
    name: "support bundle",
    scene: "idle",
    open: async (page) => {
      await part(page, 4);
      await page.locator(".section .primary").click();
      await page.locator(".preview").waitFor();
    },
  },
  {
    name: "assistant",
    scene: "assistant",
    open: (page) => page.locator(".services-words").waitFor({ state: "attached" }),
  },
  { name: "assistant, status and forwards", scene: "assistant", open: (page) => services(page) },
  { name: "assistant that cannot be asked", scene: "assistant-away", open: (page) => services(page) },
  {
    name: "assistant, suggestions",
    scene: "assistant",
    open: async (page) => {
      await page.locator(".services-words").waitFor();
      await page.locator(".number input").fill("10");
      await page.locator("[role=option] .lamp").first().waitFor();
    },
  },
  { name: "assistant, favourites", scene: "assistant", open: (page) => source(page, 2, 1) },
  {
    name: "assistant, directory",
    scene: "assistant",
    open: async (page) => {
      await source(page, 2, 1);
      await page.locator(".search input").fill("o");
      await page.locator(".row-item.contact").nth(3).waitFor();
    },
  },
  { name: "assistant, rooms", scene: "assistant", open: (page) => source(page, 2, 2) },
  { name: "assistant, calls of the server", scene: "assistant", open: (page) => source(page, 1, 2) },
  {
    name: "assistant, in a room",
    scene: "assistant-guest",
    open: (page) => page.locator(".meeting .member").first().waitFor(),
  },
  {
    name: "assistant, running a room",
    scene: "assistant-meeting",
    open: async (page) => {
      await page.locator(".meeting [aria-haspopup]").click();
      await page.locator("dialog .meeting-acts").waitFor();
    },
  },
  { name: "keys", scene: "idle", open: (page) => page.keyboard.press("F1") },
];

/** What the server of an account does with calls. */
export const services = async (page) => {
  await page.locator(".account-bar > [aria-haspopup]").click();
  await page.locator("dialog .services").waitFor();
};
/** One of the sources of the history or the contacts. */
export const source = async (page, at, nth) => {
  await tab(page, at);
  await page.locator(".choice button").nth(nth).click();
  await page.locator(".row-item").first().waitFor();
};

/** Where diagnostics are among the settings. */
const DIAGNOSTICS = 7;

/** Opens one of their parts. */
export const part = async (page, at) => {
  await section(page, DIAGNOSTICS);
  await page.locator(".parts button").nth(at).click();
};
const button = (page, icon) =>
  page
    .locator(".call .action")
    .nth(icon === "keypad" ? 2 : 0)
    .click();
/** Asks where to, by a key or by the last button of a ringing call, and types something that is known. */
const target = async (page, key) => {
  if (key) await page.keyboard.press(key);
  else await page.locator(".call.incoming .actions:not(.first) .action").last().click();
  await page.locator("dialog input").fill("o");
  await page.locator(".known button").first().waitFor();
};
/** Opens a view. */
export const tab = async (page, at) => {
  const wide = await page.locator(".window.wide").count();
  await page
    .locator(".tabs button")
    .nth(at - wide)
    .click();
};
/** Opens a section of the settings. */
export const section = async (page, at) => {
  await tab(page, 3);
  await page.locator(".sections button").nth(at).click();
};

/** A page that tells what it must not do: errors, breaches of its policy, requests to anybody else. */
export async function open(
  chromium,
  url,
  { width = 360, height = 640, scheme = "light", locale = "en", zoom = 1 } = {},
) {
  const context = await chromium.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(5000);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (line) => line.type() === "error" && wrong.push(`console: ${line.text()}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  if (zoom !== 1)
    await page.evaluate((factor) => {
      document.documentElement.style.fontSize = `${factor * 100}%`;
    }, zoom);
  await page.locator("main").first().waitFor();
  // What is drawn hears no key yet: that begins behind its first picture.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
  );
  return { page, wrong, close: () => context.close() };
}

/** Opens a page, has `run` do with it what it likes, and lets nothing pass that it must not do. `run` is given the page, and what tells
 * all that the phone was sent. */
export async function onScene(chromium, url, run, size = {}) {
  const { page, wrong, close } = await open(chromium, url, size);
  try {
    await run(page, () => page.evaluate(() => window.phone.sent));
    expect(wrong.length === 0, wrong.join("\n"));
  } finally {
    await close();
  }
}

/** The languages of the page. */
export const LANGUAGES = ["en", "fr", "de", "es"];

/** Lets an open page speak another language, as its settings do. */
export async function speak(page, language) {
  await page.evaluate(async (wanted) => {
    const { phone } = window;
    await phone.saveSettings({ ...phone.kept, window: { ...phone.kept.window, language: wanted } });
  }, language);
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
}

/** Says which claims do not hold. */
export function expect(holds, words) {
  if (!holds) throw new Error(words);
}

import { axeSource, expect, LANGUAGES, open } from "./kit.mjs";

/** The smallest side of what is touched, in CSS pixels. */
const LEAST = 64;

const SCENES = "idle starting suspect many itself incoming talking muted damaged account offline".split(" ");

/** The page of a kiosk. */
export default async function kiosk({ test, chromium, origin }) {
  const on = async (scene, run, { language = "en", ...screen } = {}) => {
    const address = `${origin}/fake-kiosk.html?scene=${scene}&language=${language}`;
    const { page, wrong, close } = await open(chromium, address, { width: 1024, height: 768, ...screen });
    try {
      await run(page);
      expect(wrong.length === 0, wrong.join("\n"));
    } finally {
      await close();
    }
  };
  const acts = async (page) => JSON.stringify(await page.evaluate(() => window.kiosk.acts));
  for (const scene of SCENES) {
    test(`the kiosk ${scene} can be touched, fits, and reads well in each language`, async () => {
      for (const [at, language] of LANGUAGES.entries()) {
        const scheme = at % 2 ? "dark" : "light";
        for (const [width, height] of [
          [1024, 768],
          [768, 1024],
          [800, 480],
        ]) {
          await on(scene, (page) => look(page, language), { language, scheme, width, height });
        }
      }
    });
  }
  test("its buttons ask for what they say", async () => {
    await on("idle", async (page) => {
      await page.getByRole("button", { name: "Taxi" }).click();
      expect((await acts(page)) === '[{"action":"dial","button":2}]', await acts(page));
    });
    await on("starting", async (page) => {
      expect(await page.getByRole("button", { name: "Porter" }).isDisabled(), "it can be touched too early");
    });
    await on("incoming", async (page) => {
      await page.getByRole("button", { name: "Answer" }).click();
      await page.getByRole("button", { name: "End" }).click();
      expect((await acts(page)) === '[{"action":"answer","call":1},{"action":"end","call":1}]', await acts(page));
    });
    await on("muted", async (page) => {
      await page.getByRole("button", { name: "microphone" }).click();
      expect((await acts(page)) === '[{"action":"microphone","call":1,"on":true}]', await acts(page));
    });
  });
  test("the directory has everybody, a page at a time, and calls whom it names", () =>
    on("many", async (page) => {
      const names = [];
      for (let turned = 0; turned < 2; turned += 1) {
        names.push(...(await page.locator(".kiosk-buttons button").allInnerTexts()).slice(0, -1));
        await page.getByRole("button", { name: "More names" }).click();
      }
      expect(new Set(names).size === 17 && names.length === 17, names.join(", "));
      await page.getByRole("button", { name: "Department of things 3", exact: true }).click();
      expect((await acts(page)) === '[{"action":"call","contact":3}]', await acts(page));
    }));
  test("the idle screen has a clock, and no other one has", async () => {
    await on("idle", async (page) => {
      const [time, date] = [await page.locator("time").innerText(), await page.locator(".kiosk-clock span").innerText()];
      expect(/^\d{1,2}:\d\d\s?[AP]M$/u.test(time) && /^[A-Z][a-z]+, [A-Z][a-z]+ \d+$/.test(date), `${time} ${date}`);
    });
    await on("talking", async (page) => expect((await page.locator("time").count()) === 0, "there is a clock"));
  });
  test("a red bar says that the microphone is live, and only then", async () => {
    await on("talking", async (page) => expect(await page.locator(".kiosk-live").isVisible(), "there is no bar"));
    await on("muted", async (page) => expect((await page.locator(".kiosk-live").count()) === 0, "there is a bar"));
  });
  test("a damaged profile is shown with its line", () =>
    on("damaged", async (page) => {
      const words = await page.locator(".kiosk-fault").innerText();
      expect(words.includes("K1") && words.includes("7"), words);
    }));
  test("keys lead nowhere", () =>
    on("idle", async (page) => {
      for (const key of ["Escape", "F11", "Alt+F4", "Control+q", "Control+w", "F1", "a"])
        await page.keyboard.press(key);
      expect(await page.locator(".kiosk-idle").isVisible(), "the idle screen is gone");
      expect((await acts(page)) === "[]", await acts(page));
    }));
  test("only a corner that is held asks for the PIN, which is passed on", () =>
    on("idle", async (page) => {
      await page.mouse.move(1010, 10);
      await page.mouse.down();
      await page.waitForTimeout(500);
      await page.mouse.up();
      await page.waitForTimeout(3000);
      expect((await page.locator(".kiosk-leave").count()) === 0, "a touch was enough");
      await page.mouse.down();
      await page.locator(".kiosk-leave").waitFor();
      await page.mouse.up();
      for (const digit of "4712") await page.getByRole("button", { name: digit, exact: true }).click();
      await page.getByRole("button", { name: "Leave" }).click();
      await page.getByText("not the PIN").waitFor();
      const pins = await page.evaluate(() => window.kiosk.pins.join(" "));
      expect(pins === "4712", pins);
    }));
}

async function look(page, language) {
  // Its words are loaded once its profile is known.
  const speaks = page.waitForFunction((wanted) => document.documentElement.lang === wanted, language, { timeout: 5_000 });
  expect(await speaks.then(Boolean, () => false), "it speaks another language");
  await page.evaluate(axeSource);
  const rules = { "color-contrast-enhanced": { enabled: true } };
  const { violations } = await page.evaluate((rules) => window.axe.run({ rules, resultTypes: ["violations"] }), rules);
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(" | ")}`,
  );
  expect(serious.length === 0, `${language}: ${told.join("\n")}`);
  const { width, height } = page.viewportSize();
  const out = await page.locator(".kiosk *").evaluateAll(
    (elements, [right, bottom]) =>
      elements
        .map((element) => [element.className || element.tagName, element.getBoundingClientRect()])
        .filter(([, box]) => box.right > right + 1 || box.bottom > bottom + 1 || box.left < -1 || box.top < -1)
        .map(([name]) => String(name)),
    [width, height],
  );
  expect(out.length === 0, `${language}: outside of the screen: ${out.join(", ")}`);
  const small = await page.locator("button").evaluateAll(
    (buttons, least) =>
      buttons
        .map((button) => [button.textContent, button.getBoundingClientRect()])
        .filter(([, box]) => box.width < least || box.height < least)
        .map(([name]) => name),
    LEAST,
  );
  expect(small.length === 0, `${language}: too small to touch: ${small.join(", ")}`);
}

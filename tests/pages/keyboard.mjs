import { expect, open, VIEWS } from "./kit.mjs";

/** Whole ways through the page without a mouse. */
export default async function keyboard({ test, chromium, origin }) {
  const on = async (scene, run, size = {}) => {
    const { page, wrong, close } = await open(chromium, `${origin}/fake.html?scene=${scene}`, size);
    try {
      await run(page, () => page.evaluate(() => window.phone.sent));
      expect(wrong.length === 0, wrong.join("\n"));
    } finally {
      await close();
    }
  };
  const sentence = (sent) => sent.map(({ command }) => command).join(" ");

  await test("digits typed anywhere make a number, and Enter calls it", () =>
    on("idle", async (page, sent) => {
      await page.keyboard.type("600");
      await page.waitForTimeout(100);
      await page.keyboard.press("Enter");
      const dialled = (await sent()).find(({ command }) => command === "dial");
      expect(dialled?.target === "600", JSON.stringify(await sent()));
    }));
  await test("a pasted number is called, and Ctrl+L leads to the field", () =>
    on("idle", async (page, sent) => {
      await page.keyboard.press("Control+l");
      await page.waitForTimeout(100);
      await page.keyboard.insertText("+44 20 7946 0123");
      await page.keyboard.press("Enter");
      const dialled = (await sent()).find(({ command }) => command === "dial");
      expect(dialled?.target === "+44 20 7946 0123", JSON.stringify(await sent()));
    }));
  await test("a suggestion is chosen with the arrows", () =>
    on("idle", async (page, sent) => {
      await page.keyboard.press("Control+l");
      await page.waitForTimeout(100);
      await page.keyboard.type("bob");
      await page.locator("[role=option]").first().waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const dialled = (await sent()).find(({ command }) => command === "dial");
      expect(dialled?.target === "2002", JSON.stringify(await sent()));
    }));
  await test("in a call: digits, mute and hold by their keys", () =>
    on("talking", async (page, sent) => {
      for (const key of ["5", "#", "m", "h"]) await page.keyboard.press(key);
      expect(sentence(await sent()) === "send-dtmf send-dtmf mute hold", JSON.stringify(await sent()));
    }));
  await test("two calls: merged with J, chosen with Alt and a digit", () =>
    on("two", async (page, sent) => {
      await page.keyboard.press("j");
      await page.keyboard.press("Alt+1");
      await page.keyboard.press("h");
      expect(sentence(await sent()) === "merge resume", JSON.stringify(await sent()));
    }));
  await test("a ringing call is declined with Escape, and answered by no chance key", () =>
    on("incoming", async (page, sent) => {
      for (const key of ["Enter", "Space"]) await page.keyboard.press(key);
      expect((await sent()).length === 0, JSON.stringify(await sent()));
      await page.keyboard.press("Escape");
      expect(sentence(await sent()) === "decline", JSON.stringify(await sent()));
    }));
  await test("F1 shows the keys, Escape closes them and the focus is back", () =>
    on("idle", async (page) => {
      await page.keyboard.press("F1");
      await page.locator("dialog[open]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }));

  for (const view of VIEWS.filter(({ name }) => name !== "keys")) {
    await test(`the tabulator reaches every control of ${view.name}, each with a visible focus`, () =>
      on(view.scene, async (page) => {
        await view.open(page);
        await page.waitForTimeout(60);
        const { wanted, reached, unseen } = await walk(page);
        expect(unseen.length === 0, `no focus to be seen on ${unseen.join(", ")}`);
        expect(reached >= wanted, `${reached} of ${wanted} controls reached`);
      }));
  }
}

/** Presses the tabulator until the first control comes again. */
async function walk(page) {
  const wanted = await page.evaluate(() => {
    document.activeElement?.blur();
    const controls = [...document.querySelectorAll("button, input, select, textarea, summary")];
    const usable = controls.filter(
      (control) => !control.disabled && control.tabIndex >= 0 && control.getClientRects().length > 0,
    );
    usable.forEach((control, at) => {
      control.dataset.number = String(at);
    });
    return usable.length;
  });
  const seen = new Set();
  const unseen = [];
  for (let pressed = 0; pressed < wanted * 2 + 10 && seen.size < wanted; pressed += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const control = document.activeElement;
      if (!control || control === document.body) return null;
      const drawn = [control, control.parentElement, control.closest("label")].some((element) => {
        const style = element && getComputedStyle(element);
        return (
          style &&
          ((style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) ||
            style.boxShadow.includes("0px 1px 0px 0px"))
        );
      });
      return { number: control.dataset.number, drawn, name: control.getAttribute("aria-label") ?? control.textContent };
    });
    if (!focused?.number) continue;
    seen.add(focused.number);
    if (!focused.drawn) unseen.push(focused.name);
  }
  return { wanted, reached: seen.size, unseen };
}

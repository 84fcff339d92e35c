import { expect, onScene, VIEWS } from "./kit.mjs";

/** Whole ways through the page without a mouse. */
export default async function keyboard({ test, chromium, origin }) {
  const on = (scene, run, size) => onScene(chromium, `${origin}/fake.html?scene=${scene}`, run, size);
  const sentence = (sent) => sent.map(({ command }) => command).join(" ");

  test("digits typed anywhere make a number, and Enter calls it", () =>
    on("idle", async (page, sent) => {
      await page.keyboard.type("600");
      await page.waitForTimeout(100);
      await page.keyboard.press("Enter");
      const dialled = (await sent()).find(({ command }) => command === "dial");
      expect(dialled?.target === "600", JSON.stringify(await sent()));
    }));
  test("a pasted number is called, and Ctrl+L leads to the field", () =>
    on("idle", async (page, sent) => {
      await page.keyboard.press("Control+l");
      await page.waitForTimeout(100);
      await page.keyboard.insertText("+44 20 7946 0123");
      await page.keyboard.press("Enter");
      const dialled = (await sent()).find(({ command }) => command === "dial");
      expect(dialled?.target === "+44 20 7946 0123", JSON.stringify(await sent()));
    }));
  test("a suggestion is chosen with the arrows", () =>
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
  test("somebody whom the server knows is chosen with the arrows, and called from the account of that server", () =>
    on("assistant", async (page, sent) => {
      await page.locator(".services-words").waitFor();
      await page.keyboard.press("Control+l");
      await page.waitForTimeout(100);
      await page.keyboard.type("diet");
      await page.locator("[role=option] .lamp").first().waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      const dialled = (await sent()).find(({ command }) => command === "dial");
      expect(dialled?.target === "1004" && dialled.account === "XiVO", JSON.stringify(await sent()));
    }));
  test("in a call: digits, mute and hold by their keys", () =>
    on("talking", async (page, sent) => {
      for (const key of ["5", "#", "m", "h"]) await page.keyboard.press(key);
      expect(sentence(await sent()) === "send-dtmf send-dtmf mute hold", JSON.stringify(await sent()));
    }));
  test("two calls: merged with J, chosen with Alt and a digit", () =>
    on("two", async (page, sent) => {
      await page.keyboard.press("j");
      await page.keyboard.press("Alt+1");
      await page.keyboard.press("h");
      expect(sentence(await sent()) === "merge resume", JSON.stringify(await sent()));
    }));
  test("T transfers to whom is typed or known, and Enter does it at once", () =>
    on("talking", async (page, sent) => {
      await page.keyboard.press("t");
      await page.locator("dialog input").waitFor();
      await page.locator("dialog input").focus();
      await page.keyboard.type("bob");
      await page.locator(".known button").first().waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.locator("dialog input").press("Enter");
      const [transfer] = await sent();
      expect(transfer?.command === "transfer" && transfer.to.target === "2002", JSON.stringify(await sent()));
    }));
  test("recording, keypad, swapping, hanging up and do not disturb have their keys", () =>
    on("two", async (page, sent) => {
      for (const key of ["r", "k", "s", "d", "Control+e"]) await page.keyboard.press(key);
      await page.locator(".call-keypad").waitFor();
      expect(sentence(await sent()) === "record resume do-not-disturb hang-up", JSON.stringify(await sent()));
    }));
  test("Ctrl and a digit leads to each view, from a field as well", () =>
    on("idle", async (page) => {
      for (const [digit, name] of [
        [2, "History"],
        [3, "Contacts"],
        [4, "Settings"],
        [1, "Phone"],
      ]) {
        await page.keyboard.press("Control+l");
        await page.keyboard.press(`Control+${digit}`);
        await page.getByRole("region", { name, exact: true }).waitFor();
      }
    }));
  test("a ringing call is answered with Ctrl+Enter, and redirected by its button", () =>
    on("incoming", async (page, sent) => {
      await page.keyboard.press("Control+Enter");
      await page.getByRole("button", { name: "Redirect" }).click();
      await page.locator("dialog input").fill("700");
      await page.keyboard.press("Enter");
      const [answer, redirect] = await sent();
      expect(answer?.command === "answer" && redirect?.target === "700", JSON.stringify(await sent()));
    }));
  test("a ringing call is declined with Escape, and answered by no chance key", () =>
    on("incoming", async (page, sent) => {
      for (const key of ["Enter", "Space"]) await page.keyboard.press(key);
      expect((await sent()).length === 0, JSON.stringify(await sent()));
      await page.keyboard.press("Escape");
      expect(sentence(await sent()) === "decline", JSON.stringify(await sent()));
    }));
  test("reasons to decline come by the keyboard, Escape closes them first and declines then", () =>
    on("incoming", async (page, sent) => {
      const why = page.getByRole("button", { name: "Say why" });
      await why.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const [decline] = await sent();
      expect(decline?.command === "decline" && decline.code === 480, JSON.stringify(await sent()));
      await page.keyboard.press("Escape");
      expect((await why.getAttribute("aria-expanded")) === "false", "Escape closes nothing");
      expect((await sent()).length === 1, JSON.stringify(await sent()));
      await page.keyboard.press("Escape");
      const [, plain] = await sent();
      expect(plain?.command === "decline" && plain.code === undefined, JSON.stringify(await sent()));
    }));
  test("F1 shows the keys, Escape closes them and the focus is back", () =>
    on("idle", async (page) => {
      await page.keyboard.press("F1");
      await page.locator("dialog[open]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }));

  for (const view of VIEWS) {
    test(`the tabulator reaches every control of ${view.name}, each with a visible focus`, () =>
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
    const within = document.querySelector("dialog[open]") ?? document;
    const controls = [...within.querySelectorAll("button, input, select, textarea, summary")];
    const usable = controls.filter(
      (control) => !control.disabled && control.tabIndex >= 0 && control.checkVisibility(),
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

import { axeSource, expect, open, VIEWS } from "./kit.mjs";

export default async function accessible({ test, chromium, origin }) {
  for (const scheme of ["light", "dark"]) {
    for (const view of VIEWS) {
      await test(`axe finds nothing in ${view.name}, ${scheme}`, () =>
        look(`fake.html?scene=${view.scene}`, view.open, scheme, 360));
    }
    for (const scene of ["eight", "idle"]) {
      await test(`axe finds nothing in ${scene}, wide, ${scheme}`, () =>
        look(`fake.html?scene=${scene}`, async () => {}, scheme, 1100));
    }
    for (const scene of ["incoming", "second"]) {
      await test(`axe finds nothing in the popup ${scene}, ${scheme}`, () =>
        look(`fake-incoming.html?scene=${scene}`, async () => {}, scheme, 360));
    }
  }

  async function look(path, come, scheme, width) {
    const { page, wrong, close } = await open(chromium, `${origin}/${path}`, { scheme, width });
    try {
      await come(page);
      await page.waitForTimeout(60);
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const words = serious.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(" | ")}`,
      );
      expect(serious.length === 0, words.join("\n"));
      expect(wrong.length === 0, wrong.join("\n"));
    } finally {
      await close();
    }
  }
}

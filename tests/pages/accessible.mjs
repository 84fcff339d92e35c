import { axeSource, expect, LANGUAGES, open, speak, VIEWS } from "./kit.mjs";

export default async function accessible({ test, chromium, origin }) {
  for (const view of VIEWS) {
    test(`axe finds nothing in ${view.name}, light and dark, in each language`, () =>
      on(`fake.html?scene=${view.scene}`, 360, async (page) => {
        await view.open(page);
        for (const [at, language] of LANGUAGES.entries()) {
          await page.emulateMedia({ colorScheme: at % 2 ? "dark" : "light" });
          await speak(page, language);
          await look(page, language);
        }
      }));
  }
  for (const scheme of ["light", "dark"]) {
    for (const scene of ["eight", "idle"]) {
      test(`axe finds nothing in ${scene}, wide, ${scheme}`, () =>
        on(`fake.html?scene=${scene}`, 1100, (page) => look(page, "en"), scheme));
    }
    for (const scene of ["incoming", "second", "itself"]) {
      const language = scheme === "dark" ? "de" : "fr";
      test(`axe finds nothing in the popup ${scene}, ${scheme}`, () =>
        on(`fake-incoming.html?scene=${scene}&language=${language}`, 360, (page) => look(page, language), scheme));
    }
  }

  async function on(path, width, run, scheme = "light") {
    const { page, wrong, close } = await open(chromium, `${origin}/${path}`, { scheme, width });
    try {
      await page.evaluate(axeSource);
      await run(page);
      expect(wrong.length === 0, wrong.join("\n"));
    } finally {
      await close();
    }
  }
}

async function look(page, language) {
  await page.waitForTimeout(60);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const words = serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(" | ")}`,
  );
  expect(serious.length === 0, `${language}: ${words.join("\n")}`);
}

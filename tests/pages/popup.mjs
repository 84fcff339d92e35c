import { expect, LANGUAGES, open } from "./kit.mjs";

/** The window of a ringing call. */
export default async function popup({ test, chromium, origin }) {
  const on = async (scene, run, language = "en") => {
    const { page, wrong, close } = await open(
      chromium,
      `${origin}/fake-incoming.html?scene=${scene}&language=${language}`,
      {
        width: 360,
        height: 204,
      },
    );
    try {
      await run(page, () => page.evaluate(() => window.incoming.acts));
      expect(wrong.length === 0, wrong.join("\n"));
    } finally {
      await close();
    }
  };
  test("keys typed by chance answer nothing", () =>
    on("incoming", async (page, acts) => {
      for (const key of ["Enter", "Space", "a", "Escape", "1"]) await page.keyboard.press(key);
      expect((await acts()).length === 0, JSON.stringify(await acts()));
      const focused = await page.evaluate(() => document.activeElement === document.body);
      expect(focused, "something has the focus from the start");
    }));
  test("each button does what it says, by mouse and by key", () =>
    on("incoming", async (page, acts) => {
      for (const name of ["Answer", "Silence"]) await page.getByRole("button", { name }).click();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const said = (await acts()).map(([, action]) => action).join(" ");
      expect(said === "answer silence decline", said);
    }));
  test("with another call it holds or ends that one", () =>
    on("second", async (page, acts) => {
      for (const name of ["Hold and answer", "End and answer", "Decline"])
        await page.getByRole("button", { name }).click();
      const said = (await acts()).map(([, action]) => action).join(" ");
      expect(said === "hold-and-answer end-and-answer decline", said);
    }));
  test("a reason to decline is two clicks away, or two keys, and Escape leads back", () =>
    on("incoming", async (page, acts) => {
      const why = page.getByRole("button", { name: "Say why, or redirect" });
      await why.click();
      await page.keyboard.press("Escape");
      expect((await why.getAttribute("aria-expanded")) === "false", "Escape does not lead back");
      expect((await acts()).length === 0, JSON.stringify(await acts()));
      await why.click();
      await page.getByRole("button", { name: "Not now" }).click();
      await why.press("Enter");
      await page.getByRole("button", { name: "Decline", exact: true }).waitFor();
      await why.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      for (const name of ["Nobody here by that name", "Decline everywhere"])
        await page.getByRole("button", { name }).click();
      const told = (await acts()).map(([, action]) => action["decline-with"]).join(" ");
      expect(told === "480 486 404 603", JSON.stringify(await acts()));
    }));
  test("where a caller is sent is asked in the phone's own window", () =>
    on("incoming", async (page, acts) => {
      await page.getByRole("button", { name: "Say why, or redirect" }).click();
      await page.getByRole("button", { name: "Redirect …" }).click();
      const said = (await acts()).map(([, action]) => action).join(" ");
      expect(said === "redirect", said);
    }));
  test("a call that is about to answer itself counts down and can be kept from it", () =>
    on("itself", async (page, acts) => {
      const words = await page.locator(".answers-itself").innerText();
      expect(/Answers by itself in [1-3] s/.test(words), words);
      await page.getByRole("button", { name: "Let it ring" }).click();
      const said = (await acts()).map(([, action]) => action).join(" ");
      expect(said === "veto", said);
    }));
  for (const language of LANGUAGES) {
    for (const scene of ["second", "itself", "itself-second"]) {
      test(`everything of a ringing call is within 360 by 204, ${scene}, ${language}`, () =>
        on(
          scene,
          async (page) => {
            const spoken = await page.evaluate(() => document.documentElement.lang);
            expect(spoken === language, "it speaks another language");
            for (const shown of ["its buttons", "the reasons"]) {
              if (shown === "the reasons") await page.locator(".reasons-toggle").click();
              const boxes = await page
                .locator(".ringing, .ringing *:not(svg):not(path)")
                .evaluateAll((elements) =>
                  elements.map((element) => ({
                    ...element.getBoundingClientRect().toJSON(),
                    cut: element.matches("button") && element.scrollWidth > element.clientWidth + 2,
                  })),
                );
              const out = boxes.filter(({ right, bottom, cut }) => right > 360.5 || bottom > 204.5 || cut);
              expect(out.length === 0, `${shown}: ${JSON.stringify(out)}`);
              const broken = await page.locator(".beside .action-words").evaluateAll((all) =>
                all.filter((words) => words.getBoundingClientRect().height > 24).map((words) => words.textContent),
              );
              expect(broken.length === 0, `more than one line: ${broken.join(", ")}`);
            }
          },
          language,
        ));
    }
  }
}

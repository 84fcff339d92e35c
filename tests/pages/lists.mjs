import { expect, open } from "./kit.mjs";

/** Rows that a page may hold at a time: more than fill any window, far fewer than there are. */
const MOST_ROWS = 200;

/** Lists as long as the phone keeps them. */
export default async function lists({ test, chromium, origin }) {
  for (const [tab, view] of [
    [1, "history"],
    [2, "contacts"],
  ]) {
    test(`100,000 entries of ${view} are drawn as they are scrolled to, and searched`, async () => {
      const { page, wrong, close } = await open(chromium, `${origin}/fake.html?scene=many`);
      try {
        await page.locator(".tabs button").nth(tab).click();
        const rows = page.locator(".row-item");
        await rows.first().waitFor();
        for (let at = 0; at < 12; at += 1) {
          await page.locator(".beside").evaluate((list) => {
            list.scrollTop = list.scrollHeight;
          });
          await page.waitForTimeout(60);
        }
        const [held, place] = [await rows.count(), Number(await rows.last().getAttribute("aria-posinset"))];
        expect(held < MOST_ROWS, `${held} rows are in the page`);
        expect(place > 1000, `only ${place} rows were reached`);
        const seen = await rows.evaluateAll(
          (all) =>
            all.filter((row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight)
              .length,
        );
        expect(seen > 2, "nothing is seen at the end");
        await page.locator(".search input").fill("zzz");
        await page.locator(".empty").waitFor();
        expect(wrong.length === 0, wrong.join("\n"));
      } finally {
        await close();
      }
    });
  }
}

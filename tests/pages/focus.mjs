import { expect, onScene, section, tab } from "./kit.mjs";

/** Where the focus goes when what had it goes, and what is left of what one was doing. */
export default async function focus({ test, chromium, origin }) {
  const on = (scene, run, size) => onScene(chromium, `${origin}/fake.html?scene=${scene}`, run, size);
  const has = async (page, selector) => {
    try {
      await page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector, { timeout: 2000 });
    } catch {
      const focused = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
      throw new Error(`not ${selector} has the focus, but ${focused}`);
    }
  };

  test("a dialog to write in begins in its field, and the focus comes back to what opened it", () =>
    on("two", async (page) => {
      await page.getByRole("button", { name: "Transfer" }).first().click();
      await has(page, "dialog input");
      await page.keyboard.press("Escape");
      await has(page, ".call .action");
    }));
  test("whoever edits a contact far down the list finds himself there afterwards", () =>
    on("many", async (page) => {
      await tab(page, 2);
      await page.locator(".row-item").first().waitFor();
      for (let at = 0; at < 3; at += 1) {
        await page.locator(".beside").evaluate((list) => {
          list.scrollTop = list.scrollHeight;
        });
        await page.waitForTimeout(80);
      }
      const place = () => page.locator(".beside").evaluate((list) => list.scrollTop);
      const edit = page.locator(".row-item .edit").last();
      await edit.click();
      await has(page, "dialog input");
      const before = await place();
      await page.keyboard.press("Escape");
      await has(page, ".row-item .edit");
      expect((await place()) === before && before > 1000, `from ${before} to ${await place()}`);
    }));
  test("a contact that is deleted leaves the focus to the next one", () =>
    on("idle", async (page) => {
      await tab(page, 2);
      await page.getByRole("button", { name: /Edit .*Bob/ }).click();
      await page.getByRole("button", { name: "Delete", exact: true }).click();
      await page.getByRole("button", { name: /^Undo:/ }).waitFor();
      await has(page, ".row-item .edit");
    }));
  test("a number that is added to a contact is written at once, and one that goes leaves the focus nearby", () =>
    on("idle", async (page) => {
      await tab(page, 2);
      await page.getByRole("button", { name: "New contact" }).click();
      await page.getByRole("button", { name: "Add a number" }).click();
      await has(page, ".number-row:nth-of-type(2) input, .number-row + .number-row input");
      await page.getByRole("button", { name: "Remove this number" }).last().click();
      await has(page, ".add-number");
    }));
  test("an account's form leads back to the account, and a question to what asked it", () =>
    on("idle", async (page) => {
      await section(page, 0);
      await page.getByRole("button", { name: /Edit .*office/ }).click();
      await has(page, ".account-form h3");
      await page.getByRole("button", { name: "Cancel" }).click();
      await has(page, "[data-account=office] .edit");
      await page.getByRole("button", { name: /Delete .*office/ }).click();
      await has(page, ".question button:last-child");
      await page.keyboard.press("Escape");
      await has(page, "[data-account=office] .delete");
      await page.keyboard.press("Enter");
      await page.locator(".question .danger").click();
      await has(page, "[data-account=practice] .delete");
    }));
  test("what somebody has just done is answered above what the phone has to tell", () =>
    on("notices", async (page) => {
      expect((await page.locator(".toasts > .toast").count()) > 0, "the phone has nothing to tell");
      await tab(page, 1);
      await page.locator(".row-item .delete").first().click();
      await page.locator(".toasts > .toast.own:first-child").waitFor();
    }));
  test("a program is written at once, and what goes leaves the focus nearby", () =>
    on("idle", async (page) => {
      await section(page, 2);
      const group = page.getByRole("group", { name: "Programs for calls" });
      const add = group.getByRole("button", { name: "Add a program" });
      const isOnAdd = () => page.waitForFunction(() => document.activeElement?.textContent === "Add a program");
      await add.click();
      await has(page, ".program:has(+ .row) select");
      await group.getByLabel("Program", { exact: true }).last().fill("/usr/bin/true");
      await group.getByRole("button", { name: "Save" }).click();
      await isOnAdd();
      await group.getByRole("button", { name: /^Remove/ }).first().click();
      await isOnAdd();
    }));
  test("what is moved in a list keeps the focus, and its place is told", () =>
    on("idle", async (page) => {
      await section(page, 0);
      await page.getByRole("button", { name: /Move .*office.* down/ }).focus();
      await page.keyboard.press("Enter");
      // At the end of the list only the way back is left.
      await has(page, "[data-account=office] .up");
      const told = await page.locator(".section [role=status].unseen").first().innerText();
      expect(/office.*: 2 of 2/.test(told), told);
      await page.getByRole("button", { name: "Back to the sections" }).click();
      await page.locator(".sections button").nth(2).click();
      const down = page.locator(".ordered .down").first();
      await down.focus();
      await page.keyboard.press("Enter");
      await has(page, ".ordered li:nth-child(2) .down");
      await page.keyboard.press("Enter");
      await has(page, ".ordered li:nth-child(3) .down");
    }));
  test("a server's form begins in its first field and leads back", () =>
    on("idle", async (page) => {
      await section(page, 3);
      await page.locator(".servers .edit").first().click();
      await has(page, ".new-server select");
      await page.locator(".new-server").getByRole("button", { name: "Cancel" }).click();
      await has(page, ".servers .edit");
      await page.locator(".add-server").first().click();
      await has(page, ".new-server select");
      await page.locator(".new-server").getByRole("button", { name: "Cancel" }).click();
      await has(page, ".add-server");
    }));
  test("a real double click on Answer answers, and ends nothing", () =>
    on("incoming", async (page, sent) => {
      await page.evaluate(() => {
        const { phone } = window;
        const send = phone.send.bind(phone);
        phone.send = (command) => {
          if (command.command === "answer") {
            const [call] = phone.snapshot.calls;
            phone.show({ calls: [{ ...call, state: { state: "connecting" } }] });
          }
          return send(command);
        };
      });
      const box = await page.locator(".action.answer").boundingBox();
      await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2, { delay: 40 });
      await page.waitForTimeout(100);
      const commands = (await sent()).map(({ command }) => command).join(" ");
      expect(commands === "answer", commands);
    }));
  test("a message that is pointed at stays", () =>
    on("idle", async (page) => {
      await page.clock.install();
      await tab(page, 1);
      await page.locator(".row-item .delete").first().click();
      const toast = page.locator(".toast.own");
      await toast.hover();
      await page.clock.runFor(100);
      await page.clock.fastForward(20_000);
      expect((await toast.count()) === 1, "it went although it was pointed at");
      await page.mouse.move(5, 400);
      await page.clock.runFor(100);
      await page.clock.fastForward(20_000);
      await toast.waitFor({ state: "detached" });
    }));
  test("text from the clipboard becomes the number, whatever has the focus", () =>
    on("idle", async (page) => {
      await page.evaluate(() => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", " +44 20 7946 0123\n");
        window.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      });
      await has(page, ".number input");
      const typed = await page.locator(".number input").inputValue();
      expect(typed === "+44 20 7946 0123", typed);
    }));
}

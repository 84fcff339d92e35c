import { expect, LANGUAGES, open, speak } from "./kit.mjs";

/** What is wrong with the same field, the same step and the same command, as each page says it. */
const SAID = {
  en: ["a TURN server asks for a user name", "It does not take the user name", "The disk is full"],
  fr: ["un serveur TURN demande un identifiant", "Il refuse l’identifiant", "Le disque est plein"],
  de: ["ein TURN-Server verlangt einen Benutzernamen", "Er nimmt Benutzernamen", "Die Platte ist voll"],
  es: ["un servidor TURN pide un usuario", "No acepta el usuario", "El disco está lleno"],
};

/** What the phone tells by itself: a notice, why a transfer failed, what is wrong with a device; and the words of a server in it. */
const TOLD = {
  en: ["Microphone: it is gone", "The XiVO refused something: “", "Being transferred: ringing", "there is neither a microphone"],
  fr: ["Micro : parti", "Le XiVO a refusé quelque chose : «", "cela sonne", "il n’y a ni micro"],
  de: ["Mikrofon: Das Gerät ist weg", "Der XiVO hat etwas abgelehnt: „", "es klingelt dort", "Es gibt weder Mikrofon"],
  es: ["Micrófono: desapareció", "El XiVO rechazó algo: «", "sonando", "no hay ni micrófono"],
};

/** What the phone refuses is said in the language of the page. */
export default async function words({ test, chromium, origin }) {
  for (const language of LANGUAGES) {
    test(`a refused field, a failed step and a refused command are said in ${language}`, async () => {
      const { page, wrong, close } = await open(chromium, `${origin}/fake.html?scene=idle`);
      const [field, step, command] = SAID[language];
      try {
        await speak(page, language);
        await page.locator(".tabs button").nth(3).click();
        await page.locator(".sections button").nth(3).click();
        await page.locator(".servers .quiet").nth(1).click();
        await page.locator(".step.failed .problem", { hasText: step }).waitFor();
        await page.locator(".group > .quiet").first().click();
        await page.locator(".new-server select").selectOption("turn-udp");
        await page.locator(".new-server input").first().fill("turn.example.org");
        await page.locator(".new-server .primary").click();
        await page.locator(".new-server .problem", { hasText: field }).waitFor();
        await page.evaluate(() => {
          window.phone.setSecret = () => Promise.reject({ code: "disk-full" });
        });
        await page.locator(".new-server input").nth(1).fill("phone");
        await page.locator(".new-server input").nth(2).fill("secret");
        await page.locator(".new-server .primary").click();
        await page.locator(".new-server .problem", { hasText: command }).waitFor();
        expect(wrong.length === 0, wrong.join("\n"));
      } finally {
        await close();
      }
    });
    test(`what the phone tells by itself is said in ${language}`, async () => {
      const { page, wrong, close } = await open(chromium, `${origin}/fake.html?scene=talking`);
      const [device, quotation, stage, cause] = TOLD[language];
      const says = (words) =>
        page.waitForFunction((wanted) => document.body.innerText.replaceAll("\u00a0", " ").includes(wanted), words);
      try {
        await speak(page, language);
        await page.evaluate(() => {
          const trouble = { code: "device", fault: { code: "gone", role: "microphone" } };
          window.phone.show({ notices: [{ id: 8, code: "device", trouble }] });
        });
        await says(device);
        await page.evaluate(() => {
          const trouble = { code: "service", fault: { code: "refused", text: "NotForYou" } };
          const transfer = { step: "moving", stage: "ringing" };
          const { phone } = window;
          const [call] = phone.snapshot.calls;
          phone.show({
            notices: [{ id: 9, code: "service", trouble }],
            calls: [{ ...call, transfer, state: { state: "established", hold: { local: true, remote: false } } }],
          });
        });
        await says(quotation);
        await says(stage);
        await page.evaluate(() => {
          const cause = { kind: "no-device", fault: { code: "none-at-all" } };
          const { phone } = window;
          phone.show({ calls: phone.snapshot.calls.map((call) => ({ ...call, state: { state: "ended", cause } })) });
        });
        await says(cause);
        expect(wrong.length === 0, wrong.join("\n"));
      } finally {
        await close();
      }
    });
  }
}

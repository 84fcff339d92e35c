import { expect, open, part, VIEWS } from "./kit.mjs";

/** What a caller might put into a name. */
const STRINGS = [
  "<script>window.broken=1</script>",
  "<img src=x onerror=window.broken=1>",
  "<svg onload=window.broken=1>",
  "<svg><script>window.broken=1</script></svg>",
  "<svg><animate onbegin=window.broken=1 attributeName=x dur=1s>",
  "<iframe srcdoc='<script>parent.broken=1</script>'></iframe>",
  "<iframe src=javascript:parent.broken=1></iframe>",
  "<a href=javascript:window.broken=1>call me</a>",
  "javascript:window.broken=1",
  "data:text/html,<script>parent.broken=1</script>",
  '" onmouseover="window.broken=1',
  "' onfocus='window.broken=1' autofocus='",
  '"><script>window.broken=1</script>',
  "</bdi></strong><script>window.broken=1</script>",
  "</title><script>window.broken=1</script>",
  "</textarea><script>window.broken=1</script>",
  "<details open ontoggle=window.broken=1>",
  "<input autofocus onfocus=window.broken=1>",
  "<video><source onerror=window.broken=1></video>",
  "<body onload=window.broken=1>",
  "<style>*{display:none}</style>",
  "<link rel=stylesheet href=http://192.0.2.1/x.css>",
  "<img src=http://192.0.2.1/seen.png>",
  "<meta http-equiv=refresh content='0;url=http://192.0.2.1/'>",
  "<base href=http://192.0.2.1/>",
  "<form action=http://192.0.2.1/><button>Answer</button></form>",
  "<object data=http://192.0.2.1/x></object>",
  "<math><mtext><mglyph><style><img src=x onerror=window.broken=1>",
  '<noscript><p title="</noscript><img src=x onerror=window.broken=1>">',
  "{{constructor.constructor('window.broken=1')()}}",
  "${window.broken=1}",
  "{name} {count} {message}",
  "&lt;script&gt;window.broken=1&lt;/script&gt;",
  "$& $1 $` $'",
  "\u202e<script>window.broken=1</script>",
  '{"__proto__":{"broken":1}}',
];

export default async function literal({ test, chromium, origin }) {
  for (const view of VIEWS) {
    test(`${STRINGS.length} hostile names stand as they are in ${view.name}`, () =>
      look(`fake.html?scene=${view.scene}`, view.open));
  }
  test(`${STRINGS.length} hostile headers stand as they are in the card of a call`, () => {
    const { scene, open: come } = VIEWS.find(({ name }) => name === "what was sent along");
    return look(`fake.html?scene=${scene}`, come, false, ".sent-along dl");
  });
  test(`${STRINGS.length} hostile names stand as they are in the popup`, () =>
    look("fake-incoming.html?scene=second", async () => {}));
  test("hostile names stand as they are in the contact form", async () => {
    const { open: come } = VIEWS.find(({ name }) => name === "contact form");
    await look(
      "fake.html?scene=idle",
      async (page) => {
        const close = page.locator("form.form .row button").nth(1);
        if (await close.count()) await close.click();
        await come(page);
        await page.locator("form.form textarea").waitFor();
      },
      true,
    );
  });
  test("hostile names stand as they are among suggestions", async () => {
    await look(
      "fake.html?scene=idle",
      async (page, text) => {
        await page.locator(".number input").fill(text.slice(0, 3));
        await page.locator("[role=option]").first().waitFor();
      },
      true,
    );
  });

  // The events of services hold none that are made up.
  for (const [at, name, shown] of [
    [0, "connection check", ".steps"],
    [1, "story of a call", ".timeline"],
    [2, "messages", ".trace"],
    [4, "support bundle", ".preview"],
  ]) {
    test(`hostile words stand as they are in diagnostics, ${name}`, () =>
      look(
        "fake.html?scene=idle",
        async (page) => {
          if ((await page.locator(".parts").count()) === 0) await part(page, at);
          // The other part first, so that this one asks anew.
          await page.locator(".parts button").nth((at + 1) % 5).click();
          await page.locator(".parts button").nth(at).click();
          if (at === 0 || at === 4) await page.locator(".section .primary").first().click();
          await page.locator(shown).first().waitFor();
        },
        true,
        ".section",
      ));
  }

  async function look(path, come, again = false, within = "body") {
    const { page, wrong, close } = await open(chromium, `${origin}/${path}`);
    try {
      if (!again) await come(page);
      for (const text of STRINGS) {
        await page.evaluate(poison, text);
        if (again) await come(page, text);
        await page.waitForTimeout(40);
        const seen = await page.evaluate(
          ([wanted, place]) =>
            document.querySelector(place).innerText.includes(wanted) ||
            [...document.querySelectorAll("input, textarea")].some(({ value }) => value === wanted),
          [text, within],
        );
        expect(seen, `${text} is not shown as it is`);
        const made = await page.evaluate(() => ({
          broken: "broken" in window,
          elements: document.querySelectorAll(
            "#page script, #page img, #page iframe, #page style, #page link, #page object, #page base, #page meta, #page video, #page math, #page a[href^='javascript']",
          ).length,
          inline: [...document.querySelectorAll("#page *")].some((element) =>
            [...element.attributes].some(({ name }) => name.startsWith("on")),
          ),
        }));
        expect(
          !made.broken && made.elements === 0 && !made.inline,
          `${text} became more than text: ${JSON.stringify(made)}`,
        );
      }
      expect(wrong.length === 0, wrong.join("\n"));
    } finally {
      await close();
    }
  }
}

/** Puts the text wherever somebody else chooses what stands there. */
function poison(text) {
  const phone = window.phone ?? window.incoming.phone;
  const remote = { name: text, number: text, uri: text };
  phone.entries = phone.entries.map((entry) => ({ ...entry, remote, contact: null, words: text }));
  phone.known = phone.known.map((contact) => ({
    ...contact,
    name: text,
    organisation: text,
    note: text,
    numbers: [{ kind: "work", number: text }],
  }));
  const trouble = { code: "service", fault: { code: "refused", text } };
  const fact = { code: "failed", trouble };
  phone.stories = phone.stories.map((story) => ({
    ...story,
    account: text,
    steps: [...story.steps, { at_ms: 0, room: "call", fact }, { at_ms: 0, room: "call", fact: { code: "message", sent: true, title: text } }],
    findings: [{ code: "ended", cause: { kind: "server-failed", code: 500, text } }],
  }));
  phone.messages = phone.messages.map((message) => ({ ...message, account: text, title: text, text }));
  phone.checks = phone.checks.map((check) => ({ ...check, fact: { code: "tried", fact: { code: "refused", error: 400, text } } }));
  phone.bundle = text;
  const person = { id: { contact: text, source: text }, name: text, detail: text, numbers: [{ title: text, number: text }] };
  for (const list of ["everybody", "found", "favourites"]) phone[list] = phone[list].map((one) => ({ ...one, ...person }));
  phone.rooms = phone.rooms.map((room) => ({
    ...room,
    number: text,
    name: text,
    members: room.members.map((member) => ({ ...member, name: text, number: text })),
  }));
  phone.meetings = phone.meetings.map((meeting) => ({
    ...meeting,
    name: text,
    participants: meeting.participants.map((one) => ({ ...one, name: text, number: text })),
  }));
  phone.remembered = phone.remembered.map((call) => ({ ...call, number: text, name: text, started: text }));
  phone.kept = {
    ...phone.kept,
    accounts: phone.kept.accounts.map((account) => ({
      ...account,
      id: text,
      provider: { ...account.provider, server: text, user: text, display_name: text },
    })),
    calls: { ...phone.kept.calls, dnd_exceptions: [text], recordings_folder: text },
  };
  phone.show({
    accounts: phone.snapshot.accounts.map((account) => ({
      ...account,
      id: text,
      state: { state: "offline", cause: { kind: "refused", code: 500, text }, retry_in_s: null },
    })),
    calls: phone.snapshot.calls.map((call) => ({
      ...call,
      remote,
      contact: null,
      account: text,
      headers: call.headers.map(() => [text, text]),
      state:
        call.state.state === "ended"
          ? { state: "ended", cause: { kind: "server-failed", code: 500, text } }
          : call.state,
    })),
    assistants: phone.snapshot.assistants.map(({ state, changes }) => ({
      account: text,
      state: {
        ...state,
        name: text,
        status: text,
        statuses: state.statuses.map(() => ({ name: text, title: text, colour: text })),
        forwards: state.forwards.map((forward) => ({ ...forward, on: true, number: text })),
      },
      changes: Object.fromEntries(Object.entries(changes).map(([list, count]) => [list, count + 1])),
    })),
    notices: phone.snapshot.notices.map((notice) => ({ ...notice, trouble })),
    changes: {
      settings: phone.snapshot.changes.settings + 1,
      history: phone.snapshot.changes.history + 1,
      contacts: phone.snapshot.changes.contacts + 1,
    },
  });
}

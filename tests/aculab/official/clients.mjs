// The official clients in one browser, commanded by lines of JSON on the standard input and telling by lines on the output.
//
//   {"number": 1, "page": "alice", "name": "callService", "given": {"service": "echo"}}
//   {"number": 1, "value": null}  or  {"number": 1, "error": "Invalid serviceName"}
//   {"page": "alice", "event": "onRinging"}
//
// The first command to a page opens it, `close` closes it. The end of the input ends everything.
// `node clients.mjs PORT`: where the fake cloud listens, to which the cloud's real names are led.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const tools = createRequire(join(here, "../../../ui/package.json"));
const { chromium } = tools("playwright-core");
const { build } = await import(pathToFileURL(tools.resolve("vite")));

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const built = await build({
  configFile: false,
  root: here,
  logLevel: "error",
  build: { write: false, minify: false, target: "es2022", modulePreload: false, rolldownOptions: { input: join(here, "page.js") } },
});
const script = built.output.find(({ type }) => type === "chunk").code;

const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
  response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath: process.env.SIDETONE_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    // Its certificate is signed by an authority that is made anew each time.
    "--ignore-certificate-errors",
    `--host-resolver-rules=MAP *.aculabcloud.net:443 127.0.0.1:${process.argv[2]}`,
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,LocalNetworkAccessChecksWebRTC",
  ],
});
const pages = new Map();

/** The page of a client, which is opened when there is none. */
async function pageOf(name) {
  if (!pages.has(name)) pages.set(name, opened(name));
  return pages.get(name);
}

async function opened(name) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => say({ page: name, event: "pageError", error: String(error) }));
  if (process.env.OFFICIAL_CLIENTS_LOG) page.on("console", (line) => say({ page: name, event: "log", line: line.text() }));
  await page.exposeFunction("tell", (event) => say({ page: name, ...event }));
  // A name of this machine: a microphone is only for pages from a secure place.
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.waitForFunction(() => window.command);
  return page;
}

async function obey({ number, page: name, name: command, given }) {
  try {
    const page = await pageOf(name);
    if (command === "close") {
      pages.delete(name);
      await page.close();
      return say({ number, value: null });
    }
    const outcome = await page.evaluate(
      // The libraries throw texts, which would come without their words.
      ([command, given]) => window.command(command, given).then((value) => ({ value }), (error) => ({ error: String(error) })),
      [command, given ?? {}],
    );
    say({ number, ...outcome });
  } catch (error) {
    say({ number, error: String(error) });
  }
}

say({ event: "ready" });
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line));
await browser.close();
server.close();

// A server for a built page with the program's own policy, and a browser to look at it.
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(join(root, "ui/package.json"));
const { chromium } = require("playwright-core");
export const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

/** The policy of the program's windows, from its configuration. */
function policy() {
  const { app } = JSON.parse(readFileSync(join(root, "src-tauri/tauri.conf.json"), "utf8"));
  return Object.entries(app.security.csp)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}

/** Serves a folder of `ui` on a free port of this machine. */
export async function serve(folder) {
  const base = join(root, "ui", folder);
  const csp = policy();
  const server = createServer((request, response) => {
    const path = normalize(join(base, new URL(request.url, "http://localhost").pathname));
    if (!path.startsWith(base) || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain", "content-security-policy": csp });
    response.end(readFileSync(path));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

export function browser() {
  return chromium.launch({
    executablePath: process.env.SIDETONE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
  });
}

/** The product's files with their sizes in bytes. */
export function builtFolder(folder) {
  return join(root, "ui", folder);
}

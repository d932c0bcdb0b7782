// A browser that talks to the service under test and to nobody else.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { DEADLINE_MS } from "./deadline.mjs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
];

export function launch() {
  const executablePath = process.env["CHROMIUM"] ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error("no Chromium is here: apt-get install chromium");
  return chromium.launch({ executablePath, args: QUIET, timeout: DEADLINE_MS });
}

/** What must not happen on any page: collected from all pages of a context. */
export function watched(context, url) {
  const troubles = [];
  context.on("console", (message) => {
    // A lost network is told by the browser itself.
    if (message.type() === "error" && !/net::ERR_/.test(message.text())) {
      troubles.push(`console: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => troubles.push(`error: ${error.error().message}`));
  context.on("request", (request) => {
    const to = request.url();
    if (!/^(?:data|blob):/.test(to) && new URL(to).host !== new URL(url).host) {
      troubles.push(`request to another host: ${to}`);
    }
  });
  return troubles;
}

// The icons that phones want as pictures, drawn from icon.svg by Chromium: `npm run icons`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "../e2e/browser.mjs";

const page = (name) => fileURLToPath(new URL(`../public/page/${name}`, import.meta.url));
const svg = readFileSync(page("icon.svg"), "utf8");
const GROUND = "#12636b";
/** `inset`: a phone may cut a maskable icon to a circle, so its drawing keeps away from the edges. */
const ICONS = [
  { name: "icon-192.png", size: 192, inset: 0, ground: "transparent" },
  { name: "icon-512.png", size: 512, inset: 0, ground: "transparent" },
  { name: "icon-maskable.png", size: 512, inset: 0.12, ground: GROUND },
  { name: "icon-apple.png", size: 180, inset: 0, ground: GROUND },
];

const browser = await launch();
try {
  for (const { name, size, inset, ground } of ICONS) {
    const at = await browser.newPage({ viewport: { width: size, height: size } });
    const drawn = Math.round(size * (1 - 2 * inset));
    await at.setContent(
      `<style>html { background: ${ground} } body { margin: 0; display: grid; place-items: center;
       height: 100vh } svg { width: ${drawn}px; height: ${drawn}px }</style>${svg}`,
    );
    await at.screenshot({ path: page(name), omitBackground: true });
    await at.close();
  }
} finally {
  await browser.close();
}

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Rules of which a theme can break one that it kept in the other. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

const THEMES = [
  ["light", (axe) => axe.withTags(RULES)],
  ["dark", (axe) => axe.withRules(OF_COLOURS)],
];

/** Colours that change with the theme are there: no transition is on its way. */
async function settled() {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(transitions.map(({ finished }) => finished));
}

/** With a window twice as high as the page, for a text may grow meanwhile. Otherwise a button that lies half under the player, until somebody
 * scrolls, counts as one that is too small. */
async function inFull(page, look) {
  const { width, height } = page.viewportSize();
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, 2 * whole) });
  await look();
  await page.setViewportSize({ width, height });
}

/** No rule of accessibility is broken by what is shown now, in both themes, and nothing is too wide. */
export async function accessible(page, where) {
  await inFull(page, async () => {
    for (const [colorScheme, rules] of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(settled);
      const { violations } = await rules(new AxeBuilder({ page })).analyze();
      const told = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
      assert.deepEqual(told, [], `${where}, ${colorScheme}`);
    }
  });
  const tooWide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  assert.equal(tooWide, false, `${where} scrolls sideways`);
}

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Rules of which a theme can break one that it kept in the other. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

const LOOKS = [360, 1440].flatMap((width) => [
  { width, colorScheme: "light", rules: (axe) => axe.withTags(RULES) },
  { width, colorScheme: "dark", rules: (axe) => axe.withRules(OF_COLOURS) },
]);

/** Colours that change with the theme are there: no transition is on its way. */
async function settled() {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.allSettled(transitions.map(({ finished }) => finished));
}

/**
 * No rule of accessibility is broken by what is shown now, on a phone and on a wide screen, in both
 * themes, and nothing is too wide for the window.
 */
export async function accessible(page, where) {
  for (const { width, colorScheme, rules } of LOOKS) {
    const look = `${where}: ${colorScheme}, ${width}`;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(settled);
    const axe = rules(new AxeBuilder({ page }));
    const { violations } = await axe.analyze();
    const told = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    assert.deepEqual(told, [], look);
    const tooWide = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    assert.equal(tooWide, false, `${look} scrolls sideways`);
  }
}

// The text of a recording, as tests find it on the page.

export const passages = (page) => page.locator("[data-passage]");
export const correct = (page) => page.getByRole("button", { name: "Corregir", exact: true });

/** Where the player is: seconds. */
export async function timeOf(page) {
  const [minutes, seconds] = (await page.getByTestId("time").textContent()).split(":").map(Number);
  return 60 * minutes + seconds;
}

/** Where a word of a passage stands in the window. */
export function placeOf(passage, word) {
  return passage.evaluate((element, wanted) => {
    const range = document.createRange();
    const from = element.textContent.indexOf(wanted);
    range.setStart(element.firstChild, from);
    range.setEnd(element.firstChild, from + wanted.length);
    const { x, y, width, height } = range.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  }, word);
}

/** The whole text, also what the virtual list does not draw. */
export async function copied(page, { copy, all } = { copy: "Copiar", all: "Copiar el texto" }) {
  await page.getByRole("button", { name: copy, exact: true }).click();
  await page.getByRole("menuitem", { name: all }).click();
  return page
    .waitForFunction(() => navigator.clipboard.readText())
    .then((text) => text.jsonValue());
}

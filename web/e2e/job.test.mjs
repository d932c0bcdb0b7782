// One recording from its progress to its subtitles, in a real browser against the real service.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { launch, watched } from "./browser.mjs";
import { startService } from "./service.mjs";
import { spoken } from "./speech.mjs";

const PATIENCE = 120_000;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PHRASES = [
  "one two three four five six seven",
  "alpha bravo charlie delta echo foxtrot",
  "nine eight seven six five four",
  "golf hotel india juliet kilo lima",
  "two four six eight nine one",
  "mike november oscar papa quebec romeo",
];
/** Long enough that its text comes in several parts. */
const LONG = Array.from({ length: 5 }, () => PHRASES).flat();

let service;
let browser;
let folder;
let job;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "retender-job-"));
  spoken(LONG, join(folder, "largo.wav"));
  // The same recording again would have its text at once.
  spoken(LONG.toReversed(), join(folder, "otro.wav"));
  spoken(PHRASES, join(folder, "corto.wav"));
  service = await startService();
  browser = await launch();
  job = await transcribed("corto.wav");
});

after(async () => {
  await browser?.close();
  await service?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function submitted(name) {
  const form = new FormData();
  form.set("file", new Blob([readFileSync(join(folder, name))]), name);
  form.set("word_timestamps", "true");
  const answer = await fetch(`${service.url}/transcribe-job`, { method: "POST", body: form });
  return (await answer.json()).job_id;
}

const stateOf = async (jobId) => (await fetch(`${service.url}/job/${jobId}`)).json();

async function transcribed(name) {
  const jobId = await submitted(name);
  const events = await fetch(`${service.url}/job/${jobId}/events?since=0`);
  await events.text();
  assert.equal((await stateOf(jobId)).status, "completed");
  return jobId;
}

async function opened(jobId, { at, ...options } = {}) {
  const context = await browser.newContext({
    locale: "es-ES",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const troubles = watched(context, service.url);
  const page = await context.newPage();
  await page.goto(`${service.url}/#/jobs/${jobId}${at === undefined ? "" : `?t=${at}`}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return { context, page, troubles };
}

const passages = (page) => page.locator("[data-passage]");
const timeOf = async (page) => {
  const [minutes, seconds] = (await page.getByTestId("time").textContent()).split(":").map(Number);
  return 60 * minutes + seconds;
};
const edit = (page) => page.getByRole("button", { name: "Corregir", exact: true });

/** Where a word of a passage stands in the window. */
function placeOf(passage, word) {
  return passage.evaluate((element, wanted) => {
    const range = document.createRange();
    const from = element.textContent.indexOf(wanted);
    range.setStart(element.firstChild, from);
    range.setEnd(element.firstChild, from + wanted.length);
    const { x, y, width, height } = range.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  }, word);
}

async function exported(page, label) {
  await page.getByRole("button", { name: "Exportar" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: label }).click();
  const file = await download;
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

test("text is read, with stage, strip and speed, before the recording is through", async () => {
  const jobId = await submitted("largo.wav");
  const { context, page, troubles } = await opened(jobId);
  const progress = page.getByRole("region", { name: "Progreso" });
  await progress.getByRole("heading", { name: "Transcribiendo" }).waitFor();
  await page.waitForFunction(
    () =>
      document.querySelector("[data-passage]") !== null &&
      document.querySelector("[role=progressbar]") !== null,
  );
  await progress.getByText(/\d de \d:\d\d/).waitFor();
  await progress.getByText(/Texto listo hasta/).waitFor();
  assert.match(await page.title(), /%/);
  // What is there is played and searched meanwhile.
  await page.getByRole("textbox", { name: "Buscar en el texto" }).fill("one");
  await progress.waitFor({ state: "detached" });
  await page
    .getByRole("article")
    .getByText(/^Lista/)
    .waitFor();
  const { result } = await stateOf(jobId);
  assert.equal(result.segments.length > 10, true);
  await page.getByRole("tab", { name: "Qué pasó" }).click();
  await page.getByRole("list", { name: "Qué pasó con la grabación" }).getByText("Lista").waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test("a recording that is cancelled keeps the text it had", async () => {
  const jobId = await submitted("otro.wav");
  const { context, page } = await opened(jobId);
  await passages(page).first().waitFor();
  await page.getByRole("button", { name: "Cancelar" }).click();
  await page.getByText("Se canceló.").waitFor();
  assert.equal((await stateOf(jobId)).status, "cancelled");
  await page.reload();
  await passages(page).first().waitFor();
  await context.close();
});

test("a recording that failed says why and what to do, and can be tried again", async () => {
  const form = new FormData();
  form.set("file", new Blob(["no es una grabación ".repeat(500)]), "notas.txt");
  const answer = await fetch(`${service.url}/transcribe-job`, { method: "POST", body: form });
  const { job_id: jobId } = await answer.json();
  const { context, page, troubles } = await opened(jobId);
  const failure = page.getByRole("region", { name: "Fallida" });
  await failure
    .getByText("Este tipo de archivo no se reconoce")
    .or(failure.getByText("El archivo está dañado"))
    .waitFor();
  const { seq } = await stateOf(jobId);
  await failure.getByRole("button", { name: "Reintentar" }).click();
  // It fails again, and is told again.
  let state = await stateOf(jobId);
  while (state.status !== "failed" || state.seq === seq) state = await stateOf(jobId);
  await failure.waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test("a recording that is gone says so", async () => {
  const { context, page } = await opened("0".repeat(32));
  await page.getByText("Esta grabación ya no está en el servicio.").waitFor();
  await context.close();
});

test("a click on a word goes to where it is said, and playing goes on from there", async () => {
  const { context, page, troubles } = await opened(job);
  const { result } = await stateOf(job);
  const segment = result.segments.findLast(({ text }) => text.includes("quebec"));
  const said = segment.words.find(({ word }) => word.trim() === "quebec");
  const passage = passages(page).filter({ hasText: "quebec" }).last();
  await passage.waitFor();
  await page.mouse.click(...(await placeOf(passage, "quebec")));
  await page.waitForFunction(
    () => document.querySelector("[data-testid=time]").textContent !== "0:00",
  );
  assert.equal(await timeOf(page), Math.floor(said.start));
  const marked = await page.evaluate(() =>
    [...CSS.highlights.get("playing")].map((range) => range.toString()),
  );
  assert.deepEqual(marked, ["quebec"]);
  const before = await timeOf(page);
  await page.getByRole("button", { name: "Reproducir", exact: true }).click();
  await page.waitForFunction((from) => {
    const [minutes, seconds] = document
      .querySelector("[data-testid=time]")
      .textContent.split(":")
      .map(Number);
    return 60 * minutes + seconds > from;
  }, before);
  await page.getByRole("button", { name: "Pausa", exact: true }).click();
  const slider = page.getByRole("slider", { name: "Posición" });
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await slider.getAttribute("aria-valuetext"), /^0 segundos de .*segundos$/);
  assert.deepEqual(troubles, []);
  await context.close();
});

test("an address leads to its moment, and a link to one can be copied", async () => {
  const { context, page } = await opened(job, { at: 9 });
  await page.locator("li[aria-current=true]").waitFor();
  assert.equal(await timeOf(page), 9);
  await page.getByRole("button", { name: "Copiar un enlace a este momento" }).click();
  await page.getByText("Enlace a 0:09 copiado.").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${service.url}/#/jobs/${job}?t=9`);
  await context.close();
});

test("the search goes from hit to hit, takes no notice of case, and marks them", async () => {
  const { context, page, troubles } = await opened(job);
  await passages(page).first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("SÉVEN");
  const search = page.getByRole("search");
  const { result } = await stateOf(job);
  const count = result.segments.reduce((sum, { text }) => sum + text.split("seven").length - 1, 0);
  await search.getByText(`${count}`, { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await search.getByText(`1 de ${count}`).waitFor();
  await page.keyboard.press("Shift+Enter");
  await search.getByText(`${count} de ${count}`).waitFor();
  const found = await page.evaluate(() =>
    [...CSS.highlights.get("found")].map((range) => range.toString()),
  );
  assert.equal(found.length, count);
  assert.equal(
    found.every((text) => text.toLowerCase() === "seven"),
    true,
  );
  await page.getByRole("button", { name: "Copiar", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copiar el texto" }).click();
  await page.getByText("Copiado.").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, result.segments.map(({ text }) => text).join("\n"));
  assert.deepEqual(troubles, []);
  await context.close();
});

test("what is corrected is stored by itself, is there after a reload, and in the files", async () => {
  const jobId = await transcribed("corto.wav");
  const { context, page, troubles } = await opened(jobId);
  const { result } = await stateOf(jobId);
  const [first] = result.segments;
  await edit(page).click();
  const field = page.getByRole("textbox", { name: /^Texto en/ }).first();
  await page.mouse.click(...(await placeOf(field, "two")));
  await page.keyboard.press("End");
  await page.keyboard.type(" corregido");
  await page.getByText("Guardado", { exact: true }).waitFor();
  await page.reload();
  await passages(page).first().getByText(`${first.text} corregido`).waitFor();

  // Enter divides where the caret stands, Backspace joins, and both can be taken back.
  await edit(page).click();
  const rows = page.getByRole("textbox", { name: /^Texto en/ });
  const count = await rows.count();
  await page.mouse.click(...(await placeOf(rows.first(), "three")));
  await page.keyboard.press("Home");
  for (const _ of "one two ") await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    (n) => document.querySelectorAll("[data-passage]").length === n,
    count + 1,
  );
  assert.equal(await rows.first().textContent(), "one two");
  await page.keyboard.press("Backspace");
  await page.waitForFunction(
    (n) => document.querySelectorAll("[data-passage]").length === n,
    count,
  );
  await page.keyboard.press("Control+z");
  await page.waitForFunction(
    (n) => document.querySelectorAll("[data-passage]").length === n,
    count + 1,
  );
  const srt = await exported(page, "Subtítulos (SRT)");
  assert.equal(srt.name, "corto.srt");
  assert.match(srt.text, /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\none two\n\n2\n/);
  assert.match(srt.text, /corregido/);
  const answer = await fetch(`${service.url}/job/${jobId}/result?format=srt`);
  assert.equal(srt.text, await answer.text());

  await page.getByRole("button", { name: "Comparar con el original" }).click();
  const dialog = page.getByRole("dialog", { name: "Comparar con el original" });
  assert.equal((await dialog.locator("ins").first().textContent()).trim(), "corregido");
  await page.keyboard.press("Escape");
  assert.deepEqual(troubles, []);
  await context.close();
});

test("two who correct at once are told, and nothing is written over", async () => {
  const jobId = await transcribed("corto.wav");
  const { context, page } = await opened(jobId);
  await edit(page).click();
  const field = page.getByRole("textbox", { name: /^Texto en/ }).first();
  await field.waitFor();
  const mine = await (await fetch(`${service.url}/job/${jobId}/transcript`)).json();
  const [first, ...others] = mine.segments;
  const put = await fetch(`${service.url}/job/${jobId}/transcript`, {
    method: "PUT",
    headers: { "If-Match": `"${mine.version}"`, "Content-Type": "application/json" },
    body: JSON.stringify({ segments: [{ ...first, text: "de otra persona" }, ...others] }),
  });
  assert.equal(put.status, 200);
  await field.focus();
  await page.keyboard.press("End");
  await page.keyboard.type(" mío");
  const dialog = page.getByRole("dialog", { name: "El texto ha cambiado en el servicio" });
  await dialog.locator("ins").getByText("mío").waitFor();
  await dialog.getByRole("button", { name: "Guardar lo mío" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("Guardado", { exact: true }).waitFor();
  const stored = await (await fetch(`${service.url}/job/${jobId}/transcript`)).json();
  assert.match(stored.segments[0].text, /mío$/);
  const theirs = await (await fetch(`${service.url}/job/${jobId}/transcript?version=1`)).json();
  assert.equal(theirs.segments[0].text, "de otra persona");
  await context.close();
});

test("corrections made while the service is away are kept, and stored later", async () => {
  const jobId = await transcribed("corto.wav");
  const { context, page } = await opened(jobId);
  await edit(page).click();
  await page.route("**/transcript", (route) =>
    route.request().method() === "PUT" ? route.abort() : route.continue(),
  );
  await page
    .getByRole("textbox", { name: /^Texto en/ })
    .first()
    .focus();
  await page.keyboard.press("End");
  await page.keyboard.type(" a salvo");
  await page.getByText("El servicio no responde").first().waitFor();
  await page.close();
  const again = await context.newPage();
  await again.goto(`${service.url}/#/jobs/${jobId}`);
  await passages(again).first().getByText("a salvo").waitFor();
  await again.getByText("Guardado", { exact: true }).waitFor();
  const stored = await (await fetch(`${service.url}/job/${jobId}/transcript`)).json();
  assert.match(stored.segments[0].text, /a salvo$/);
  await context.close();
});

test("subtitles are checked, and divided anew within the limits", async () => {
  const jobId = await transcribed("corto.wav");
  const { context, page, troubles } = await opened(jobId);
  await page.getByRole("tab", { name: "Subtítulos" }).click();
  await page.getByRole("button", { name: "Límites de los subtítulos" }).click();
  await page.getByRole("spinbutton", { name: "Caracteres por línea" }).fill("20");
  await page.getByRole("dialog").getByRole("button", { name: "Cerrar" }).last().click();
  await page.getByText("Línea demasiado larga").first().waitFor();
  await page.getByRole("button", { name: "Dividir de nuevo" }).click();
  await page.getByText("Línea demasiado larga").first().waitFor({ state: "detached" });
  await page.getByText("Guardado", { exact: true }).waitFor();
  const vtt = await exported(page, "Subtítulos web (VTT)");
  const lines = vtt.text.split("\n").filter((line) => line !== "" && !/-->|^WEBVTT/.test(line));
  assert.equal(
    lines.every((line) => line.length <= 20),
    true,
    lines.join("|"),
  );
  const { result } = await stateOf(jobId);
  const original = await (await fetch(`${service.url}/job/${jobId}/transcript?version=0`)).json();
  const words = (segments) => segments.flatMap(({ text }) => text.split(/\s+/)).join(" ");
  assert.equal(words(result.segments), words(original.segments));
  assert.deepEqual(troubles, []);
  await context.close();
});

test("the same job as code has its address filled in, in English too", async () => {
  const { context, page, troubles } = await opened(job, { locale: "en-GB" });
  await page.getByRole("tab", { name: "From code" }).click();
  await page.getByText(`curl '${service.url}/transcribe-job'`).waitFor();
  await page.getByRole("tab", { name: "openai (Python)" }).click();
  await page.getByText(`base_url="${service.url}/v1"`).waitFor();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByText("Copied.").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /model="digits"/);
  await page.getByRole("tab", { name: "Text", exact: true }).click();
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await page.getByRole("dialog").getByText("Play or pause", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Correct", exact: true }).waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test("where keys are on, the recording is played with a ticket", async () => {
  const key = "a-key-of-this-test-0123456789";
  const guarded = await startService({ RETENDER_API_KEYS: key });
  try {
    const headers = { Authorization: `Bearer ${key}` };
    const form = new FormData();
    form.set("file", new Blob([readFileSync(join(folder, "corto.wav"))]), "corto.wav");
    const answer = await fetch(`${guarded.url}/transcribe-job`, {
      method: "POST",
      headers,
      body: form,
    });
    const { job_id: jobId } = await answer.json();
    const context = await browser.newContext({ locale: "es-ES" });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript((kept) => sessionStorage.setItem("retender.key", kept), key);
    const page = await context.newPage();
    const played = page.waitForResponse((response) => response.url().includes("/audio?ticket="));
    await page.goto(`${guarded.url}/#/jobs/${jobId}`);
    assert.equal((await played).ok(), true);
    await page.getByRole("button", { name: "Reproducir", exact: true }).click();
    await page.waitForFunction(
      () => document.querySelector("[data-testid=time]").textContent !== "0:00",
    );
    await context.close();
  } finally {
    await guarded.stop();
  }
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1440]) {
    test(`no side of a job breaks a rule of accessibility: ${colorScheme}, ${width}`, async () => {
      const { context, page, troubles } = await opened(job, {
        colorScheme,
        viewport: { width, height: 900 },
        reducedMotion: "reduce",
      });
      const check = async (where) => {
        const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
        const told = violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
        assert.deepEqual(told, [], where);
        const tooWide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        assert.equal(tooWide, false, `${where} scrolls sideways`);
      };
      await edit(page).waitFor();
      await check("reading");
      await page.getByRole("textbox", { name: "Buscar en el texto" }).fill("seven");
      await page.keyboard.press("Enter");
      await check("searching");
      await edit(page).click();
      await check("editing");
      for (const side of ["Subtítulos", "Qué pasó", "Desde código"]) {
        await page.getByRole("tab", { name: side }).click();
        await check(side);
      }
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await check("shortcuts");
      assert.deepEqual(troubles, []);
      await context.close();
    });
  }
}

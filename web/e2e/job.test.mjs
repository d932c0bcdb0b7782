// One recording: its progress, its text, its player.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PHRASES, staged } from "./stage.mjs";
import { passages, placeOf, timeOf } from "./text.mjs";

/** Long enough that its text comes in several parts. */
const LONG = Array.from({ length: 12 }, () => PHRASES).flat();
let job;

const stage = staged({}, async (at) => {
  at.recording("largo.wav", LONG);
  // Too long to be through before somebody cancels it.
  at.recording("otro.wav", Array.from({ length: 2 }, () => LONG.toReversed()).flat());
  at.recording("corto.wav", PHRASES);
  job = await at.transcribed("corto.wav");
});

test("text is read, with stage, strip and speed, before the recording is through", async () => {
  const jobId = await stage.submitted("largo.wav");
  const { page } = await stage.visitJob(jobId);
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
  await page.getByRole("button", { name: "Reproducir", exact: true }).click();
  await page.waitForFunction(
    () => document.querySelector("[data-testid=time]").textContent !== "0:00",
  );
  await page.getByRole("button", { name: "Pausa", exact: true }).click();
  await page.getByRole("textbox", { name: "Buscar en el texto" }).fill("one");
  await progress.waitFor({ state: "detached" });
  await page
    .getByRole("article")
    .getByText(/^Lista/)
    .waitFor();
  const { result } = await stage.stateOf(jobId);
  assert.equal(result.segments.length > 10, true);
  await page.getByRole("tab", { name: "Qué pasó" }).click();
  const story = page.getByRole("list", { name: "Qué pasó con la grabación" });
  await story.getByText("Lista").waitFor();
  const told = await story.getByRole("listitem").allTextContents();
  const stages = ["Recibida", "Preparando el audio", "Transcribiendo", "Lista"];
  const at = stages.map((stage) => told.findIndex((line) => line.includes(stage)));
  assert.equal(at.includes(-1), false, told.join(" | "));
  assert.deepEqual(
    at,
    at.toSorted((a, b) => a - b),
  );
});

test("a recording that is cancelled keeps the text it had", async () => {
  const jobId = await stage.submitted("otro.wav");
  const { page } = await stage.visitJob(jobId);
  await passages(page).first().waitFor();
  await page.getByRole("button", { name: "Cancelar" }).click();
  await page.getByText("Se canceló.").waitFor();
  assert.equal((await stage.stateOf(jobId)).status, "cancelled");
  await page.reload();
  await passages(page).first().waitFor();
});

test("a recording that failed says why and what to do, and can be tried again", async () => {
  const form = new FormData();
  form.set("file", new Blob(["no es una grabación ".repeat(500)]), "notas.txt");
  const answer = await stage.ask(`/transcribe-job`, { method: "POST", body: form });
  const { job_id: jobId } = await answer.json();
  const { page } = await stage.visitJob(jobId);
  const failure = page.getByRole("region", { name: "Fallida" });
  await failure
    .getByText("Este tipo de archivo no se reconoce")
    .or(failure.getByText("El archivo está dañado"))
    .waitFor();
  const { seq } = await stage.stateOf(jobId);
  const retried = page.waitForResponse((response) => response.url().endsWith("/retry"));
  await failure.getByRole("button", { name: "Reintentar" }).click();
  assert.equal((await retried).ok(), true);
  // It fails again, and is told again.
  assert.equal((await stage.ended(jobId, seq)).status, "failed");
  await failure.waitFor();
});

test("a recording that is gone says so", async () => {
  stage.expect(/status of 404/, /WebSocket connection/);
  const { page } = await stage.visitJob("0".repeat(32));
  await page.getByText("Esta grabación ya no está en el servicio.").waitFor();
});

test("a click on a word goes to where it is said, and playing goes on from there", async () => {
  const { page } = await stage.visitJob(job);
  const { result } = await stage.stateOf(job);
  const segment = result.segments.findLast(({ text }) => text.includes("quebec"));
  const said = segment.words.find(({ word }) => word.trim() === "quebec");
  const passage = passages(page).filter({ hasText: "quebec" }).last();
  await passage.waitFor();
  await page.mouse.click(...(await placeOf(passage, "quebec")));
  await page.waitForFunction(
    () => document.querySelector("[data-testid=time]").textContent !== "0:00",
  );
  assert.equal(await timeOf(page), Math.floor(said.start));
  await page.waitForFunction(() => {
    const marked = [...(CSS.highlights.get("playing") ?? [])].map((range) => range.toString());
    return marked.join() === "quebec";
  });
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
  await page.waitForFunction(() =>
    /^0 segundos de .*segundos$/.test(
      document.querySelector("[role=slider], input[type=range]").getAttribute("aria-valuetext"),
    ),
  );
});

test("an address leads to its moment, and a link to one can be copied", async () => {
  const { page } = await stage.visitJob(job, { at: 9 });
  await page.locator("li[aria-current=true]").waitFor();
  assert.equal(await timeOf(page), 9);
  await page.getByRole("button", { name: "Copiar un enlace a este momento" }).click();
  await page.getByText("Enlace a 0:09 copiado.").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${stage.service.url}/#/jobs/${job}?t=9`);
});

test("what is typed right after the key of the search goes into its field", async () => {
  const { page } = await stage.visitJob(job);
  await passages(page).first().waitFor();
  await page.getByRole("tab", { name: "Qué pasó" }).click();
  const focused = await page.evaluate(() => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
    return document.activeElement?.getAttribute("aria-label");
  });
  assert.equal(focused, "Buscar en el texto");
});

test("the search goes from hit to hit, takes no notice of case, and marks them", async () => {
  const { page } = await stage.visitJob(job);
  await passages(page).first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("SÉVEN");
  const search = page.getByRole("search");
  const { result } = await stage.stateOf(job);
  const count = result.segments.reduce((sum, { text }) => sum + text.split("seven").length - 1, 0);
  await search.getByText(`${count}`, { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await search.getByText(`1 de ${count}`).waitFor();
  await page.keyboard.press("Shift+Enter");
  await search.getByText(`${count} de ${count}`).waitFor();
  await page.waitForFunction((wanted) => {
    const found = [...(CSS.highlights.get("found") ?? [])].map((range) => range.toString());
    return found.length === wanted && found.every((text) => text.toLowerCase() === "seven");
  }, count);
  await page.getByRole("button", { name: "Copiar", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copiar el texto" }).click();
  await page.getByText("Copiado.").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, result.segments.map(({ text }) => text).join("\n"));
});

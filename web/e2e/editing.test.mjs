// Corrections, and subtitles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { downloaded, PHRASES, staged } from "./stage.mjs";
import { correct, passages, placeOf } from "./text.mjs";

const stage = staged({}, async (at) => at.recording("corto.wav", PHRASES));

async function exported(page, label) {
  await page.getByRole("button", { name: "Exportar" }).click();
  return downloaded(page, () => page.getByRole("menuitem", { name: label }).click());
}

test("what is corrected is stored by itself, is there after a reload, and in the files", async () => {
  const jobId = await stage.transcribed("corto.wav");
  const { page } = await stage.visitJob(jobId);
  const { result } = await stage.stateOf(jobId);
  const [first] = result.segments;
  await correct(page).click();
  const field = page.getByRole("textbox", { name: /^Texto en/ }).first();
  await page.mouse.click(...(await placeOf(field, "two")));
  await page.keyboard.press("End");
  await page.keyboard.type(" corregido");
  await page.getByText("Guardado", { exact: true }).waitFor();
  await page.reload();
  await passages(page).first().getByText(`${first.text} corregido`).waitFor();

  // Enter divides where the caret stands, Backspace joins, and both can be taken back.
  await correct(page).click();
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
  const answer = await stage.ask(`/job/${jobId}/result?format=srt`);
  assert.equal(srt.text, await answer.text());

  await page.getByRole("button", { name: "Comparar con el original" }).click();
  const dialog = page.getByRole("dialog", { name: "Comparar con el original" });
  assert.equal((await dialog.locator("ins").first().textContent()).trim(), "corregido");
  await page.keyboard.press("Escape");
});

test("two who correct at once are told, and nothing is written over", async () => {
  stage.expect(/status of 412/);
  const jobId = await stage.transcribed("corto.wav");
  const { page } = await stage.visitJob(jobId);
  await correct(page).click();
  const field = page.getByRole("textbox", { name: /^Texto en/ }).first();
  await field.waitFor();
  const mine = await (await stage.ask(`/job/${jobId}/transcript`)).json();
  const [first, ...others] = mine.segments;
  const put = await stage.ask(`/job/${jobId}/transcript`, {
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
  const stored = await (await stage.ask(`/job/${jobId}/transcript`)).json();
  assert.match(stored.segments[0].text, /mío$/);
  const theirs = await (await stage.ask(`/job/${jobId}/transcript?version=1`)).json();
  assert.equal(theirs.segments[0].text, "de otra persona");
});

test("corrections made while the service is away are kept, and stored later", async () => {
  const jobId = await stage.transcribed("corto.wav");
  const { context, page } = await stage.visitJob(jobId);
  await correct(page).click();
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
  await again.goto(`${stage.service.url}/#/jobs/${jobId}`);
  await passages(again).first().getByText("a salvo").waitFor();
  await again.getByText("Guardado", { exact: true }).waitFor();
  const stored = await (await stage.ask(`/job/${jobId}/transcript`)).json();
  assert.match(stored.segments[0].text, /a salvo$/);
});

test("subtitles are checked, and divided anew within the limits", async () => {
  const jobId = await stage.transcribed("corto.wav");
  const { page } = await stage.visitJob(jobId);
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
  const { result } = await stage.stateOf(jobId);
  const original = await (await stage.ask(`/job/${jobId}/transcript?version=0`)).json();
  const words = (segments) => segments.flatMap(({ text }) => text.split(/\s+/)).join(" ");
  assert.equal(words(result.segments), words(original.segments));
});

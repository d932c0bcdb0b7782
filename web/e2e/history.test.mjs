// The list of recordings, and the page around it: search, many at once, language, keyboard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { row } from "./history.mjs";
import { PHRASES, staged } from "./stage.mjs";

/** Too long to be through before somebody cancels it. */
const ENDLESS = Array.from({ length: 25 }, () => PHRASES).flat();

const stage = staged({}, async (at) => {
  at.recording("animales.wav", ["alpha bravo charlie delta", "one two three"]);
  at.recording("meses.wav", ["oscar papa quebec romeo", "four five six"]);
  at.recording("larga.wav", ENDLESS);
  at.recording("otra larga.wav", ENDLESS.toReversed());
  await at.transcribed("animales.wav");
  await at.transcribed("meses.wav");
});

test("a recording is found by what is said in it, and leads to that moment", async () => {
  const { page } = await stage.visit();
  await row(page, "animales.wav").waitFor();
  const search = page.getByRole("searchbox", { name: "Buscar por nombre o por lo que se dice" });
  await search.fill("QUÉBEC");
  await row(page, "animales.wav").waitFor({ state: "detached" });
  const found = row(page, "meses.wav").getByRole("link").filter({ hasText: "quebec" });
  await found.click();
  await page.waitForURL(/#\/jobs\/.+\?t=[\d.]+$/);
  await page.locator("li[aria-current=true]").getByText("quebec").waitFor();
  await page.goBack();
  await search.fill("animal");
  await row(page, "animales.wav").waitFor();
  await row(page, "meses.wav").waitFor({ state: "detached" });
  await search.fill("nadie lo dice");
  await page.getByText("Ninguna grabación coincide.").waitFor();
  await page.getByRole("button", { name: "Borrar la búsqueda" }).click();
  await row(page, "meses.wav").waitFor();
});

test("what runs is cancelled, alone or with others, and what is deleted stays away", async () => {
  await stage.submitted("larga.wav");
  await stage.submitted("otra larga.wav");
  const { page } = await stage.visit();
  await page.getByRole("button", { name: "Cancelar otra larga.wav" }).click();
  await row(page, "otra larga.wav").getByText("Cancelada").waitFor();
  const choose = (name) => page.getByRole("checkbox", { name: `Seleccionar ${name}`, exact: true });
  await choose("larga.wav").check();
  await page.getByRole("button", { name: "Cancelar", exact: true }).click();
  await row(page, /^(?!.*otra).*larga\.wav/)
    .getByText("Cancelada")
    .waitFor();
  await choose("otra larga.wav").check();
  await page.getByText("2 seleccionadas").waitFor();
  await page.getByRole("button", { name: "Borrar" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Borrar" }).click();
  await row(page, "larga.wav").first().waitFor({ state: "detached" });
  await page.reload();
  await row(page, "meses.wav").waitFor();
  assert.equal(await row(page, "larga.wav").count(), 0);
});

test("the options of a recording can be changed while it waits, and the change is told", async () => {
  const recording = readFileSync(join(stage.folder, "animales.wav"));
  const tus = { "Tus-Resumable": "1.0.0" };
  const begun = await stage.ask("/uploads", {
    method: "POST",
    headers: {
      ...tus,
      "Upload-Length": `${recording.length}`,
      "Upload-Metadata": `filename ${btoa("espera.wav")},prompt ${btoa("zoo")}`,
    },
  });
  const address = new URL(begun.headers.get("Location"), stage.service.url);
  const jobId = address.pathname.split("/").at(-1);
  const { page } = await stage.visit();
  await row(page, "espera.wav")
    .getByRole("button", { name: "Más acciones para espera.wav" })
    .click();
  await page.getByRole("menuitem", { name: "Cambiar las opciones" }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Contexto").inputValue(), "zoo");
  await dialog.getByLabel("Contexto").fill("");
  await dialog.getByLabel("Palabras poco comunes").fill("alpha, bravo");
  await dialog.getByRole("button", { name: "Usar estas opciones" }).click();
  await page.getByText("Opciones cambiadas.").waitFor();
  assert.deepEqual((await stage.stateOf(jobId)).options, { hotwords: "alpha, bravo" });

  await stage.ask(address.pathname, {
    method: "PATCH",
    headers: { ...tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream" },
    body: recording,
  });
  await row(page, "espera.wav").getByText("Lista").waitFor();
  await row(page, "espera.wav").getByRole("link").first().click();
  await page.getByRole("tab", { name: "Qué pasó" }).click();
  await page.getByRole("article").getByText("Opciones cambiadas").waitFor();
});

test("a recording is called anew, and many are one ZIP", async () => {
  const { page } = await stage.visit();
  await row(page, "animales.wav")
    .getByRole("button", { name: /Más acciones/ })
    .click();
  await page.getByRole("menuitem", { name: "Cambiar el nombre" }).click();
  await page.getByRole("textbox", { name: "Nombre" }).fill("Zoológico");
  await page.keyboard.press("Enter");
  await row(page, "Zoológico").waitFor();
  await page.getByRole("checkbox", { name: "Seleccionar todas" }).check();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Descargar en ZIP" }).click();
  await page.getByRole("menuitem", { name: "Word (DOCX)" }).click();
  assert.match((await download).suggestedFilename(), /docx\.zip$/);
});

test("English is a click away, and stays", async () => {
  const { page } = await stage.visit();
  await page.getByRole("button", { name: "Idioma", exact: true }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await page.getByRole("heading", { name: "Drop your recordings here" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.reload();
  await page.getByRole("heading", { name: "Drop your recordings here" }).waitFor();
});

test("everything on the first view is reached and used by keyboard", async () => {
  const { page } = await stage.visit();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Ir al contenido");
  await page.getByRole("button", { name: "Tema" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("[role=menuitemradio]:focus").waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  await page.locator("[aria-label=Tema]:focus").waitFor();
  await page.getByRole("button", { name: /^Opciones/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

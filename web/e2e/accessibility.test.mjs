// Every view, in both themes, on a phone and on a wide screen: no rule of WCAG 2.2 AA is broken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible } from "./accessible.mjs";
import { row } from "./history.mjs";
import { PHRASES, staged } from "./stage.mjs";
import { correct, passages } from "./text.mjs";

const jobs = {};

const stage = staged({ RETENDER_URL_INPUT: "yes" }, async (at) => {
  at.recording("corto.wav", PHRASES);
  at.recording("larga.wav", Array.from({ length: 25 }, () => PHRASES).flat());
  jobs.done = await at.transcribed("corto.wav");
  const form = new FormData();
  form.set("file", new Blob(["no es una grabación ".repeat(500)]), "notas.txt");
  const answer = await at.ask("/transcribe-job", { method: "POST", body: form });
  jobs.failed = (await answer.json()).job_id;
  await at.ended(jobs.failed);
});

async function dialog(page, open) {
  await open();
  await page.getByRole("dialog").waitFor();
  return () => page.keyboard.press("Escape");
}

async function firstView(page, check) {
  await row(page, "corto.wav").waitFor();
  await row(page, "notas.txt").getByText("Fallida").waitFor();
  await check("recordings");
  for (const name of [/^Opciones/, "Desde un enlace"]) {
    const close = await dialog(page, () => page.getByRole("button", { name }).click());
    await check(`${name}`);
    await close();
  }
  await row(page, "corto.wav")
    .getByRole("button", { name: /Más acciones/ })
    .click();
  await check("menu");
  await page.keyboard.press("Escape");
  await page.getByTestId("files").setInputFiles({
    name: "notas.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from(`%PDF-1.7\n${"no es una grabación ".repeat(200)}`),
  });
  await page.getByRole("region", { name: "En camino" }).getByRole("alert").waitFor();
  await check("refused file");
}

async function oneRecording(page, check) {
  await correct(page).waitFor();
  await check("reading");
  await page.getByRole("textbox", { name: "Buscar en el texto" }).fill("seven");
  await page.keyboard.press("Enter");
  await check("searching");
  await correct(page).click();
  await check("correcting");
  for (const side of ["Subtítulos", "Qué pasó", "Desde código"]) {
    await page.getByRole("tab", { name: side }).click();
    await check(side);
  }
  await page.getByRole("button", { name: "Exportar" }).click();
  await check("exports");
  await page.keyboard.press("Escape");
  const close = await dialog(page, () => page.keyboard.press("?"));
  await check("shortcuts");
  await close();
}

async function otherRecordings(page, check, to) {
  const running = await stage.submitted("larga.wav");
  await to(`/#/jobs/${running}`);
  await passages(page).first().waitFor();
  await check("running");
  await stage.ask(`/job/${running}`, { method: "DELETE" });
  await page.getByText("Se canceló.").waitFor();
  await check("cancelled");
  await to(`/#/jobs/${jobs.failed}`);
  await page.getByRole("region", { name: "Fallida" }).waitFor();
  await check("failed");
  await to(`/#/jobs/${"0".repeat(32)}`);
  await page.getByText("Esta grabación ya no está en el servicio.").waitFor();
  await check("gone");
}

for (const width of [360, 1440]) {
  const options = { viewport: { width, height: 900 }, reducedMotion: "reduce" };

  test(`no view breaks a rule of accessibility: ${width}`, async () => {
    stage.expect(/status of 415/, /status of 404/, /WebSocket connection/);
    const { page } = await stage.visit("/", options);
    const check = (where) => accessible(page, where);
    const to = (path) => page.goto(stage.service.url + path);
    await firstView(page, check);
    await to("/#/service");
    await page.getByRole("heading", { name: "Modelos" }).waitFor();
    await check("service");
    await to("/#/nowhere");
    await page.getByText("Aquí no hay nada").waitFor();
    await check("nowhere");
    await otherRecordings(page, check, to);
  });

  test(`no side of a recording breaks a rule of accessibility: ${width}`, async () => {
    const { page } = await stage.visitJob(jobs.done, options);
    const cutOff = await page
      .getByRole("tablist")
      .evaluate((list) => list.scrollWidth - list.clientWidth);
    assert.equal(cutOff, 0, "a tab is cut off");
    await oneRecording(page, (where) => accessible(page, where));
  });
}

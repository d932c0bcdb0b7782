// The ways in: dropped, chosen, shared, spoken. And that nothing is lost on the way.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { row } from "./history.mjs";
import { staged } from "./stage.mjs";

const stage = staged();
const SAMPLE = fileURLToPath(new URL("../public/page/sample-en.ogg", import.meta.url));
const onItsWay = (page) => page.getByRole("region", { name: "En camino" });

async function dropped(page, name) {
  const content = readFileSync(SAMPLE).toString("base64");
  const data = await page.evaluateHandle(
    async ([bytes, called]) => {
      const answer = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([answer], called, { type: "audio/ogg" }));
      return transfer;
    },
    [content, name],
  );
  for (const type of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent("main", type, { dataTransfer: data });
  }
}

// First: it is offered while the service has no recordings.
for (const [locale, button, name, words] of [
  ["es-ES", "Probar con un ejemplo", "Ejemplo.ogg", /hola mundo/],
  ["en-GB", "Try a sample", "Sample.ogg", /hello world/],
]) {
  test(`a sample is tried with one click, and its words are there: ${locale}`, async () => {
    const { page } = await stage.visit("/", { locale });
    await page.getByRole("button", { name: button }).click();
    await page
      .getByRole("listitem")
      .filter({ hasText: name })
      .getByText(/Lista|Done/)
      .waitFor();
    await page.getByRole("link", { name }).click();
    await page.getByText(words).first().waitFor();
    const jobId = new URL(page.url()).hash.split("/").at(-1);
    // The page would ask for what is gone.
    await page.close();
    await stage.ask(`/job/${jobId}?forget=true`, { method: "DELETE" });
  });
}

test("a dropped file is transcribed, and is found again after a reload", async () => {
  const { page } = await stage.visit();
  await dropped(page, "reunión.ogg");
  await row(page, "reunión.ogg").getByText("Lista").waitFor();
  await page.reload();
  await row(page, "reunión.ogg").getByText("Lista").waitFor();
  await page.getByRole("link", { name: "reunión.ogg" }).click();
  await page.waitForURL(/#\/jobs\//);
  await page.getByText(/hello world/).waitFor();
});

test("a tab closed in the middle of an upload loses nothing", async () => {
  const { context, page } = await stage.visit();
  // The network takes the recording's bytes and never delivers them.
  await page.route("**/transcribe-job", () => {});
  await page.getByTestId("files").setInputFiles(SAMPLE);
  await onItsWay(page).getByText("sample-en.ogg").waitFor();
  await page.getByText("No cabe en el almacenamiento").waitFor({ state: "detached" });
  await page.close();

  const again = await context.newPage();
  let blocked = true;
  await again.route("**/transcribe-job", (route) => (blocked ? undefined : route.continue()));
  await again.goto(stage.service.url);
  await onItsWay(again).getByText("sample-en.ogg").waitFor();
  blocked = false;
  await again.unroute("**/transcribe-job");
  await again.reload();
  await row(again, "sample-en.ogg").getByText("Lista").waitFor();
  await onItsWay(again).waitFor({ state: "detached" });
});

test("a refused file says why, is kept, and can be downloaded again", async () => {
  stage.expect(/status of 415/);
  const { page } = await stage.visit();
  await page.getByTestId("files").setInputFiles({
    name: "notas.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from(`%PDF-1.7\n${"no es una grabación ".repeat(200)}`),
  });
  const region = onItsWay(page);
  await region.getByRole("alert").waitFor();
  await page.reload();
  await region.getByText("notas.pdf").waitFor();
  await region.getByRole("button", { name: /Más acciones/ }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Descargar el archivo" }).click();
  assert.equal((await download).suggestedFilename(), "notas.pdf");
  await region.getByRole("button", { name: /Más acciones/ }).click();
  await page.getByRole("menuitem", { name: "Quitar" }).click();
  await region.waitFor({ state: "detached" });
});

/** Until so many seconds were recorded: the clock on the page may leave some out. */
const recorded = (page, seconds) =>
  page.waitForFunction((least) => {
    const shown = /\b(\d+):(\d\d)\b/.exec(
      document.querySelector("[data-testid=recorded]")?.textContent ?? "",
    );
    return shown !== null && 60 * Number(shown[1]) + Number(shown[2]) >= least;
  }, seconds);

test("what is said into the microphone is transcribed", async () => {
  const { page } = await stage.visit("/", { permissions: ["microphone"] });
  await page.getByRole("button", { name: "Grabar", exact: true }).click();
  await recorded(page, 1);
  await page.getByRole("button", { name: "Terminar y transcribir" }).click();
  await row(page, ".webm").getByText("Lista").first().waitFor();
});

test("a recording that broke off with its tab is recovered", async () => {
  const { context, page } = await stage.visit("/", { permissions: ["microphone"] });
  const before = await row(page, ".webm").count();
  await page.getByRole("button", { name: "Grabar", exact: true }).click();
  await recorded(page, 4);
  await page.close({ runBeforeUnload: false });
  const again = await context.newPage();
  await again.goto(stage.service.url);
  await again.getByText("Se recuperó una grabación interrumpida").waitFor();
  await row(again, ".webm").nth(before).waitFor();
});

test("the page can be installed, and what a phone shares with it is transcribed", async () => {
  const { context, page } = await stage.visit("/", { serviceWorkers: "allow" });
  const address = await page.locator("link[rel=manifest]").evaluate((link) => link.href);
  const manifest = await (await fetch(address)).json();
  const at = (path) => new URL(path, address).href;
  assert.equal(at(manifest.start_url), `${stage.service.url}/`);
  for (const { src, type } of manifest.icons) {
    const icon = await fetch(at(src));
    assert.equal(icon.headers.get("content-type"), type);
  }
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  const cdp = await context.newCDPSession(page);
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // A browser of a test is one of a private window.
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"),
    [],
  );
  // As the system does it: a form that is posted to the share target.
  const { action, method, params } = manifest.share_target;
  const fields = { name: params.files[0].name, action: at(action), method };
  const content = readFileSync(SAMPLE).toString("base64");
  const arrived = page.waitForEvent("load");
  await page.evaluate(
    ([{ name, ...attributes }, bytes]) => {
      const form = Object.assign(document.createElement("form"), attributes);
      form.enctype = "multipart/form-data";
      const input = Object.assign(document.createElement("input"), { type: "file", name });
      const data = new DataTransfer();
      const answer = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      data.items.add(new File([answer], "nota de voz.ogg", { type: "audio/ogg" }));
      input.files = data.files;
      form.append(input);
      document.body.append(form);
      form.submit();
    },
    [fields, content],
  );
  await arrived;
  assert.equal(page.url(), `${stage.service.url}/`);
  await row(page, "nota de voz.ogg").getByText("Lista").waitFor();
  assert.equal(await row(page, "nota de voz.ogg").count(), 1);
  const left = await page.evaluate(
    async () => (await (await caches.open("retender.shared")).keys()).length,
  );
  assert.equal(left, 0);
});

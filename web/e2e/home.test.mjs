// The page in a real browser, against the real service: `npm run e2e`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { launch, watched } from "./browser.mjs";
import { startService } from "./service.mjs";

const SAMPLE = fileURLToPath(new URL("../public/page/sample.ogg", import.meta.url));
const PATIENCE = 60_000;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let service;
let browser;

before(async () => {
  service = await startService();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

async function opened(options = {}, path = "/") {
  const context = await browser.newContext({ locale: "es-ES", ...options });
  context.setDefaultTimeout(PATIENCE);
  const troubles = watched(context, service.url);
  const page = await context.newPage();
  await page.goto(service.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return { context, page, troubles };
}

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

const row = (page, name) =>
  page
    .getByRole("region", { name: "Tus grabaciones" })
    .getByRole("listitem")
    .filter({ hasText: name });

test("a dropped file is transcribed, and is found again after a reload", async () => {
  const { context, page, troubles } = await opened();
  await dropped(page, "reunión.ogg");
  await row(page, "reunión.ogg").getByText("Lista").waitFor();
  await page.reload();
  await row(page, "reunión.ogg").getByText("Lista").waitFor();
  await page.getByRole("link", { name: "reunión.ogg" }).click();
  await page.waitForURL(/#\/jobs\//);
  await page.getByText(/hello world/).waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test("the sample is tried with one click", async () => {
  const { context, page, troubles } = await opened({ storageState: undefined });
  const sample = page.getByRole("button", { name: "Probar con un ejemplo" });
  // Others have left recordings on this service: then the sample is not pushed on anybody.
  if (await sample.isVisible()) {
    await sample.click();
    await row(page, "Ejemplo.ogg").getByText("Lista").waitFor();
  }
  assert.deepEqual(troubles, []);
  await context.close();
});

test("a tab closed in the middle of an upload loses nothing", async () => {
  const { context, page } = await opened();
  // The network takes the recording's bytes and never delivers them.
  await page.route("**/transcribe-job", () => {});
  await page.getByTestId("files").setInputFiles(SAMPLE);
  const onItsWay = (at) => at.getByRole("region", { name: "En camino" });
  await onItsWay(page).getByText("sample.ogg").waitFor();
  await page.getByText("No cabe en el almacenamiento").waitFor({ state: "detached" });
  await page.close();

  const again = await context.newPage();
  let blocked = true;
  await again.route("**/transcribe-job", (route) => (blocked ? undefined : route.continue()));
  await again.goto(service.url);
  await onItsWay(again).getByText("sample.ogg").waitFor();
  blocked = false;
  await again.unroute("**/transcribe-job");
  await again.reload();
  await row(again, "sample.ogg").getByText("Lista").waitFor();
  await onItsWay(again).waitFor({ state: "detached" });
  await context.close();
});

test("a refused file says why, is kept, and can be downloaded again", async () => {
  const { context, page } = await opened();
  await page.getByTestId("files").setInputFiles({
    name: "notas.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from(`%PDF-1.7\n${"no es una grabación ".repeat(200)}`),
  });
  const region = page.getByRole("region", { name: "En camino" });
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
  await context.close();
});

test("what is said into the microphone is transcribed", async () => {
  const { context, page, troubles } = await opened({ permissions: ["microphone"] });
  await page.getByRole("button", { name: "Grabar", exact: true }).click();
  await page.getByText("0:01").waitFor();
  await page.getByRole("button", { name: "Terminar y transcribir" }).click();
  await row(page, ".webm").first().waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test("a recording that broke off with its tab is recovered", async () => {
  const { context, page } = await opened({ permissions: ["microphone"] });
  const before = await row(page, ".webm").count();
  await page.getByRole("button", { name: "Grabar", exact: true }).click();
  await page.getByText("0:04").waitFor();
  await page.close({ runBeforeUnload: false });
  const again = await context.newPage();
  await again.goto(service.url);
  await again.getByText("Se recuperó una grabación interrumpida").waitFor();
  await row(again, ".webm").nth(before).waitFor();
  await context.close();
});

test("English is a click away, and stays", async () => {
  const { context, page, troubles } = await opened();
  await page.getByRole("button", { name: "Idioma", exact: true }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await page.getByRole("heading", { name: "Drop your recordings here" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.reload();
  await page.getByRole("heading", { name: "Drop your recordings here" }).waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test("everything on the first view is reached and used by keyboard", async () => {
  const { context, page } = await opened();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Ir al contenido");
  await page.getByRole("button", { name: "Tema" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("[role=menuitemradio]:focus").waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  assert.equal(
    await page.evaluate(() => document.activeElement.getAttribute("aria-label")),
    "Tema",
  );
  await page.getByRole("button", { name: /^Opciones/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1440]) {
    test(`no view breaks a rule of accessibility: ${colorScheme}, ${width}`, async () => {
      const { context, page, troubles } = await opened({
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
      await row(page, "reunión.ogg").or(row(page, "Grabación")).first().waitFor();
      await check("home");
      await page.getByRole("button", { name: /^Opciones/ }).click();
      await page.getByRole("dialog").waitFor();
      await check("options");
      await page.keyboard.press("Escape");
      await page.goto(`${service.url}/#/service`);
      await page.getByRole("heading", { name: "Modelos" }).waitFor();
      await check("service");
      await page.goto(`${service.url}/#/nowhere`);
      await page.getByText("Aquí no hay nada").waitFor();
      await check("nowhere");
      assert.deepEqual(troubles, []);
      await context.close();
    });
  }
}

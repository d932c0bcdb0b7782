// The pictures of the page in the docs: node e2e/screenshots.mjs [FOLDER]. With --all FOLDER every view at
// three widths and in both themes, to look at while one works on them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { DEADLINE_MS } from "./deadline.mjs";
import { baseModel, demonstration } from "./people.mjs";
import { startService } from "./service.mjs";

const SIZES = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 1024 },
  wide: { width: 1440, height: 900 },
};
const THEMES = ["light", "dark"];

const isAll = process.argv.includes("--all");
const named = process.argv.slice(2).find((argument) => !argument.startsWith("--"));
const to = named ?? fileURLToPath(new URL("../../docs/images", import.meta.url));
mkdirSync(to, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "retender-pictures-"));
const service = await startService({ DEFAULT_MODEL: baseModel() });
const browser = await launch();
try {
  if (isAll) await everything("empty", "/");
  await finished("lecture.mp3", "en");
  await finished("réunion.mp3", "fr");
  const done = await finished("demostración.mp3", "es");
  if (isAll) {
    const click = (role, name) => (page) => page.getByRole(role, { name }).click();
    await everything("home", "/");
    await everything("options", "/", click("button", /^Opciones/));
    await everything("service", "/#/service");
    await everything("job", `/#/jobs/${done}`);
    await everything("correcting", `/#/jobs/${done}`, click("button", "Corregir"));
    for (const side of ["Subtítulos", "Qué pasó", "Desde código"]) {
      await everything(side, `/#/jobs/${done}`, click("tab", side));
    }
  } else {
    await picture("/", "home", SIZES.wide, "light");
    await picture(`/#/jobs/${done}`, "job", SIZES.wide, "light");
    await picture(`/#/jobs/${done}`, "job-phone", SIZES.phone, "dark");
    await picture("/#/service", "service", SIZES.wide, "dark");
  }
} finally {
  await browser.close();
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function everything(name, path, act) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const theme of THEMES)
      await picture(path, `${name}-${size}-${theme}`, viewport, theme, act);
  }
}

async function picture(path, name, viewport, colorScheme, act = async (_) => {}) {
  const context = await browser.newContext({ viewport, colorScheme, locale: "es-ES" });
  context.setDefaultTimeout(DEADLINE_MS);
  const page = await context.newPage();
  await page.goto(`${service.url}${path}`);
  await page.locator("h1").first().waitFor();
  await act(page);
  await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {});
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(to, `${name}.png`) });
  await context.close();
}

async function finished(name, language) {
  const path = join(folder, name);
  demonstration(language, path);
  const form = new FormData();
  form.set("file", new Blob([readFileSync(path)]), name);
  form.set("word_timestamps", "true");
  const answer = await fetch(`${service.url}/transcribe-job`, { method: "POST", body: form });
  const { job_id: jobId } = await answer.json();
  await (await fetch(`${service.url}/job/${jobId}/events?since=0`)).text();
  return jobId;
}

// The moving picture of the README in each of its languages: node e2e/film.mjs [FOLDER]. A recording of a
// person is dropped, Whisper `base` works on it, and a word of the text is played. The wait is shown faster.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { DEADLINE_MS } from "./deadline.mjs";
import { Camera, hold, playSlowly, showPointer } from "./filming.mjs";
import { baseModel, demonstration } from "./people.mjs";
import { startService } from "./service.mjs";
import { placeOf } from "./text.mjs";

const SIZE = { width: 960, height: 600 };
const MOST_BYTES = 1_500_000;
const SLOWNESS = 4;
const PLAYED_SECONDS = 4;
const FILMS = {
  en: {
    locale: "en-GB",
    name: "demonstration.mp3",
    list: "Your recordings",
    begun: /Transcribing · [1-9]|Done/,
    play: "Play",
    exporting: "Export",
  },
  es: {
    locale: "es-ES",
    name: "demostración.mp3",
    list: "Tus grabaciones",
    begun: /Transcribiendo · [1-9]|Lista/,
    play: "Reproducir",
    exporting: "Exportar",
  },
};

const to = process.argv[2] ?? fileURLToPath(new URL("../../docs/images", import.meta.url));
mkdirSync(to, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "retender-film-"));
const model = baseModel();
const browser = await launch();
try {
  for (const [language, film] of Object.entries(FILMS)) {
    const service = await startService({ DEFAULT_MODEL: model, RETENDER_LANGUAGE: language });
    try {
      await made(language, film, service);
    } finally {
      await service.stop();
    }
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

async function made(language, { locale, name, list, begun, play, exporting }, service) {
  const recording = join(folder, `${language}.mp3`);
  demonstration(language, recording);
  // Without animations: drawing them on a processor would leave too little of it to the recognition.
  const context = await browser.newContext({
    viewport: SIZE,
    locale,
    colorScheme: "light",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(DEADLINE_MS);
  await showPointer(context);
  await playSlowly(context, SLOWNESS);
  const page = await context.newPage();
  const camera = new Camera(page);
  await page.goto(service.url);
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("networkidle");

  await page.mouse.move(0, 0);
  await camera.shot(0.8);
  await dropped(page, camera, recording, name);
  const row = page.getByRole("region", { name: list }).getByRole("listitem");
  await camera.watch(row.getByText(begun).waitFor(), { most: 4 });
  await camera.click(row.getByRole("link", { name }));

  const jobId = await page.waitForFunction(() => location.hash.split("/")[2]);
  const end = fetch(`${service.url}/job/${await jobId.jsonValue()}/events?since=0`);
  const isOver = end.then((events) => events.text());
  await camera.watch(isOver, { most: 8, every: 300 });
  await page.getByRole("button", { name: exporting }).waitFor();
  await camera.shot(1.2);

  const passage = page.locator("[data-passage]").nth(1);
  await passage.scrollIntoViewIfNeeded();
  const word = (await passage.textContent()).split(/\s+/).find((each) => each.length > 6);
  await camera.click(await placeOf(passage, word));
  await camera.shot(0.6);
  await camera.click(page.getByRole("button", { name: play, exact: true }));
  const played = page.waitForTimeout(1000 * PLAYED_SECONDS * SLOWNESS);
  await camera.watch(played, { speed: SLOWNESS });
  await camera.click(page.getByRole("button", { name: exporting }));
  await camera.shot(2);
  await context.close();

  const file = join(to, `film-${language}.webp`);
  camera.develop(file);
  const { size } = statSync(file);
  process.stdout.write(`${file}: ${Math.round(size / 1000)} kB, ${camera.seconds.toFixed(1)} s\n`);
  if (size > MOST_BYTES) throw new Error("it is too large for a README");
}

/** As from a window of files beside the browser's. */
async function dropped(page, camera, recording, name) {
  const content = readFileSync(recording).toString("base64");
  const dataTransfer = await page.evaluateHandle(
    ([bytes, called]) => {
      const answer = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([answer], called, { type: "audio/mpeg" }));
      return transfer;
    },
    [content, name],
  );
  await camera.move([SIZE.width - 60, SIZE.height - 30], { steps: 1 });
  await hold(page, name);
  await page.dispatchEvent("main", "dragenter", { dataTransfer });
  await camera.move([SIZE.width / 2, 150], { steps: 16 });
  await camera.shot(0.5);
  await hold(page, null);
  await page.dispatchEvent("main", "drop", { dataTransfer });
}

// The recordings to try the page with, one in each of its languages: `npm run sample`. espeak-ng speaks
// them, so they are the project's own, and the small model that needs no download knows their words.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spoken } from "../e2e/speech.mjs";

const SAMPLES = {
  es: {
    voice: "es",
    phrases: ["hola mundo", "rojo verde azul blanco negro", "uno dos tres cuatro cinco", "gracias"],
  },
  en: {
    voice: "en-us+m4",
    phrases: ["hello world", "alpha bravo charlie delta echo", "one two three four five", "thanks"],
  },
};

const folder = mkdtempSync(join(tmpdir(), "retender-sample-"));
try {
  for (const [language, { voice, phrases }] of Object.entries(SAMPLES)) {
    const wav = join(folder, `${language}.wav`);
    spoken(phrases, wav, voice);
    const to = fileURLToPath(new URL(`../public/page/sample-${language}.ogg`, import.meta.url));
    const how = ["-c:a", "libopus", "-b:a", "24k", "-ac", "1", "-fflags", "+bitexact"];
    const made = spawnSync("ffmpeg", [
      "-v",
      "error",
      "-y",
      "-i",
      wav,
      ...how,
      "-flags",
      "bitexact",
      to,
    ]);
    if (made.status !== 0) throw new Error(`ffmpeg: ${made.stderr}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

// Whisper `base`, and recordings of people made from Debian's: what the benchmarks use.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** The path of the model. */
export function baseModel() {
  return python("-c", "from bench.speech.models import base; print(base())").trim();
}

/** Writes a minute and a half of speech as an MP3. */
export function demonstration(language, path) {
  python("-m", "bench.speech.demonstration", language, path);
}

function python(...words) {
  const done = spawnSync(join(PROJECT, ".venv/bin/python"), words, {
    cwd: PROJECT,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}

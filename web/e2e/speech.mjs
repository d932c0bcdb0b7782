// Recordings of known words, spoken on the spot: the small model has learnt this voice.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PAUSE_SECONDS = 0.9;

/** A WAV with these phrases, one after the other with a pause between. */
export function spoken(phrases, path, voice = "en-us+m4") {
  const folder = mkdtempSync(join(tmpdir(), "retender-speech-"));
  try {
    const said = new Map();
    for (const phrase of new Set(phrases)) {
      said.set(phrase, spokenPhrase(phrase, join(folder, "phrase.wav"), voice));
    }
    const parts = phrases.map((phrase) => said.get(phrase));
    const { rate } = parts[0];
    const pause = Buffer.alloc(2 * Math.round(rate * PAUSE_SECONDS));
    const samples = Buffer.concat(parts.flatMap(({ data }) => [data, pause]));
    writeFileSync(path, Buffer.concat([header(samples.length, rate), samples]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function spokenPhrase(phrase, path, voice) {
  const said = spawnSync("espeak-ng", ["-v", voice, "-s", "150", "-w", path, phrase]);
  if (said.status !== 0) throw new Error("espeak-ng is not here: apt-get install espeak-ng");
  const wav = readFileSync(path);
  const at = wav.indexOf("data") + 8;
  return { rate: wav.readUInt32LE(24), data: wav.subarray(at) };
}

function header(bytes, rate) {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}

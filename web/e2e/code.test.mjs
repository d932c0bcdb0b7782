// "From code": what stands there, run as it stands, asks for the same job again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { PHRASES, staged } from "./stage.mjs";

const own = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
const python = existsSync(own) ? own : "python3";
const NAME = "L'entrevista 1.wav";
const OPTIONS = {
  language: "en",
  word_timestamps: true,
  vad: false,
  temperature: 0.2,
  hotwords: "alpha, bravo",
  prompt: '@ Said "yes"\r\nand left; $HOME',
  priority: 3,
};
let job;

const stage = staged({}, async (at) => {
  at.recording(NAME, PHRASES);
  job = await at.transcribed(NAME, OPTIONS);
});

async function newest() {
  const { jobs } = await (await stage.ask("/jobs?limit=1")).json();
  return stage.stateOf(jobs[0].job_id);
}

/** Runs it where the recording is. */
async function run(command, args) {
  const child = spawn(command, args, { cwd: stage.folder, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(data));
  const code = await new Promise((resolve) => child.once("close", resolve));
  const text = Buffer.concat(said).toString();
  assert.equal(code, 0, text);
  return text;
}

const RUNS = {
  curl: (code) => run("sh", ["-ec", code]),
  Python: (code) => run(python, ["-c", code]),
  TypeScript: (code) => {
    const target = ts.ScriptTarget.ES2022;
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(join(stage.folder, "again.mjs"), outputText);
    return run(process.execPath, ["again.mjs"]);
  },
  "openai (Python)": (code) => run(python, ["-c", code]),
};

for (const [way, again] of Object.entries(RUNS)) {
  test(`the same job again, with its very options: ${way}`, async () => {
    const { page } = await stage.visitJob(job, { locale: "en-GB" });
    await page.getByRole("tab", { name: "From code" }).click();
    await page.getByRole("tab", { name: way, exact: true }).click();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByText("Copied.").waitFor();
    const said = await again(await page.evaluate(() => navigator.clipboard.readText()));
    const made = await newest();
    assert.notEqual(made.job_id, job);
    assert.deepEqual(made.options, OPTIONS);
    assert.equal(made.name, NAME);
    assert.match(said, /alpha bravo/);
  });
}

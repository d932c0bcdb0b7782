// What the tests of one file share: a service, a browser, and a folder with recordings. After each test
// every page that it visited has had no error and has asked no other host for anything.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { launch, watched } from "./browser.mjs";
import { DEADLINE_MS } from "./deadline.mjs";
import { ask, startService } from "./service.mjs";
import { spoken } from "./speech.mjs";

export const PHRASES = [
  "one two three four five six seven",
  "alpha bravo charlie delta echo foxtrot",
  "nine eight seven six five four",
  "golf hotel india juliet kilo lima",
  "two four six eight nine one",
  "mike november oscar papa quebec romeo",
];

/**
 * `settings` of the service, or a function that gives them once the tests begin. `prepare` is given the
 * stage before the first test: Node runs hooks of one file side by side, so this is all in one.
 */
export function staged(settings = {}, prepare = async (_) => {}) {
  const stage = new Stage();
  before(async () => {
    await stage.begin(settings);
    await prepare(stage);
  });
  afterEach(() => stage.leave());
  after(() => stage.end());
  return stage;
}

class Stage {
  #visits = [];
  #expected = [];

  async begin(settings) {
    this.folder = mkdtempSync(join(tmpdir(), "retender-recordings-"));
    this.service = await startService(typeof settings === "function" ? await settings() : settings);
    this.browser = await launch();
  }

  async end() {
    await this.browser?.close();
    await this.service?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Errors that this test causes on purpose, as the browser tells them. */
  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  async leave() {
    const [visits, expected] = [this.#visits, this.#expected];
    [this.#visits, this.#expected] = [[], []];
    for (const { context } of visits) await context.close();
    const troubles = visits
      .flatMap((visit) => visit.troubles)
      .filter((trouble) => !expected.some((pattern) => pattern.test(trouble)));
    assert.deepEqual(troubles, []);
  }

  /** A page in a browser that knows nothing yet. */
  async visit(path = "/", { storage = {}, ...options } = {}) {
    const context = await this.browser.newContext({
      locale: "es-ES",
      // Only where one is tested, for Playwright cannot answer requests that pass through one.
      serviceWorkers: "block",
      ...options,
    });
    context.setDefaultTimeout(DEADLINE_MS);
    await context.addInitScript((kept) => {
      // Empty pages have no storage.
      if (!location.protocol.startsWith("http")) return;
      for (const [name, value] of Object.entries(kept)) sessionStorage.setItem(name, value);
    }, storage);
    this.#visits.push({ context, troubles: watched(context, this.service.url) });
    const page = await context.newPage();
    await page.goto(this.service.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    return { context, page };
  }

  visitJob(jobId, { at, ...options } = {}) {
    return this.visit(`/#/jobs/${jobId}${at === undefined ? "" : `?t=${at}`}`, {
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
  }

  /** A recording in the folder with these phrases. Gives its path. */
  recording(name, phrases) {
    const path = join(this.folder, name);
    spoken(phrases, path);
    return path;
  }

  ask(path, init) {
    return ask(this.service.url + path, init);
  }

  /** Hands in a file of the folder, with fields of the form. */
  async submitted(name, { headers = {}, ...fields } = {}) {
    const form = new FormData();
    form.set("file", new Blob([readFileSync(join(this.folder, name))]), name);
    for (const [field, value] of Object.entries({ word_timestamps: true, ...fields })) {
      form.set(field, `${value}`);
    }
    const answer = await this.ask("/transcribe-job", { method: "POST", body: form, headers });
    assert.equal(answer.status, 202, await answer.clone().text());
    return (await answer.json()).job_id;
  }

  async stateOf(jobId) {
    return (await this.ask(`/job/${jobId}`)).json();
  }

  /** Waits for its end, or if it had ended, for its next end after event `since`. */
  async ended(jobId, since = 0) {
    await (await this.ask(`/job/${jobId}/events?since=${since}`)).text();
    return this.stateOf(jobId);
  }

  async transcribed(name, fields) {
    const jobId = await this.submitted(name, fields);
    assert.equal((await this.ended(jobId)).status, "completed");
    return jobId;
  }
}

/** The text of a file that the page hands out when `act` is done. */
export async function downloaded(page, act) {
  const download = page.waitForEvent("download");
  await act();
  const file = await download;
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

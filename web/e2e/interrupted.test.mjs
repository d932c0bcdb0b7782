// The service is killed in the middle of its work, while somebody looks on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { row } from "./history.mjs";
import { PHRASES, staged } from "./stage.mjs";
import { copied, passages } from "./text.mjs";

const LONG = Array.from({ length: 20 }, () => PHRASES).flat();
const LOST = "No se puede hablar con el servicio.";

const stage = staged({}, async (at) => {
  at.recording("largo.wav", LONG);
  at.recording("mientras.wav", PHRASES);
});

test("a service that is killed and comes back finishes what it was at, before the same page", async () => {
  // Proxies and browsers tell it in many ways; all of them are of the time without a service.
  stage.expect(/status of 50[234]/, /WebSocket connection/);
  const jobId = await stage.submitted("largo.wav");
  const { page } = await stage.visitJob(jobId);
  await passages(page).nth(3).waitFor();
  await stage.service.kill();
  const banner = page.getByRole("status").filter({ hasText: LOST });
  await banner.waitFor();
  await banner.getByText(/Nuevo intento en|Intentándolo/).waitFor();
  // What was there is still read.
  await passages(page).nth(3).waitFor();

  await stage.service.start();
  await banner.waitFor({ state: "detached" });
  const article = page.getByRole("article");
  await article.getByText(/^Lista/).waitFor();
  const state = await stage.stateOf(jobId);
  assert.equal(await copied(page), state.result.segments.map(({ text }) => text).join("\n"));
  assert.deepEqual(
    state.result.segments.map(({ id }) => id),
    state.result.segments.map((_, index) => index),
  );
  await page.getByRole("tab", { name: "Qué pasó" }).click();
  await page.getByText(/El servicio se reinició y continuó en el \d+/).waitFor();

  // The same as if nothing had happened. Another threshold, or the answer came from the cache.
  const undisturbed = await stage.transcribed("largo.wav", { no_speech_threshold: 0.61 });
  const { result } = await stage.stateOf(undisturbed);
  assert.equal(state.result.text, result.text);
});

test("what is added while the service is away is sent when it is back", async () => {
  stage.expect(/status of 50[234]/, /WebSocket connection/);
  const { page } = await stage.visit();
  await stage.service.kill();
  await page.getByTestId("files").setInputFiles(`${stage.folder}/mientras.wav`);
  const onItsWay = page.getByRole("region", { name: "En camino" });
  await onItsWay.getByText("mientras.wav").waitFor();
  await onItsWay.getByText(/Nuevo intento en/).waitFor();
  await stage.service.start();
  await row(page, "mientras.wav").getByText("Lista").waitFor();
  await onItsWay.waitFor({ state: "detached" });
});

test("a part of the page that could not be loaded is asked for again", async () => {
  await stage.transcribed("mientras.wav");
  const { page } = await stage.visit();
  let failures = 0;
  await page.route(/\/assets\/JobView-/, (route) => {
    failures += 1;
    return failures > 2 ? route.continue() : route.abort();
  });
  await row(page, "mientras.wav").first().getByRole("link").first().click();
  await passages(page).first().waitFor();
  assert.equal(failures, 3);
});

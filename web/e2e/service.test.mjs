// The view of the service: what failed for good is given another chance; models come and go.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startGroq } from "./groq.mjs";
import { PHRASES, staged } from "./stage.mjs";

let groq;
const stage = staged(
  async () => {
    groq = await startGroq({ refusals: 1 });
    return { GROQ_API_KEY: "gsk_of_the_tests", GROQ_BASE_URL: groq.url };
  },
  async (at) => {
    at.recording("corto.wav", PHRASES);
    // After this the local engine is there, with its model.
    await at.transcribed("corto.wav", { engine: "local" });
  },
);

after(() => groq?.close());

test("what failed for good is found among the dead letters, and succeeds when tried again", async () => {
  // A recording that goes to Groq as it is has no waveform.
  stage.expect(/status of 404/);
  const jobId = await stage.submitted("corto.wav", { engine: "groq" });
  const failed = await stage.ended(jobId);
  assert.equal(failed.status, "failed");
  const { page } = await stage.visit("/#/service");
  const panel = page.getByRole("region", { name: "Grabaciones que fallaron" });
  await panel.getByRole("link", { name: "corto.wav" }).waitFor();
  await panel.getByRole("button", { name: "Reintentar corto.wav" }).click();
  await panel.getByText("Ninguna.").waitFor();
  assert.equal((await stage.ended(jobId, failed.seq)).status, "completed");
  await page.goto(`${stage.service.url}/#/jobs/${jobId}`);
  await page.getByText("all is well").waitFor();
  await page.getByText("Va a Groq").waitFor();
});

test("the parts of the service are shown, and a model is loaded and unloaded", async () => {
  stage.expect(/status of 503/);
  const { page } = await stage.visit("/#/service");
  const parts = page.getByRole("region", { name: "Partes del servicio" });
  await parts.getByText("job_manager").waitFor();
  const state = page.getByRole("region", { name: "Estado" });
  await state.getByText(/^whisper-large-v3-turbo: hoy quedan .+ de audio/).waitFor();
  const models = page.getByRole("region", { name: "Modelos" });
  const loaded = models.getByRole("button", { name: "Liberar digits" });
  const unloaded = models.getByRole("button", { name: "Cargar digits" });
  await insisted(loaded, unloaded);
  await insisted(unloaded, loaded);
});

/** As a person does: a worker may be away for a moment, and then the wish is refused. */
async function insisted(button, shown) {
  for (;;) {
    await button.or(shown).first().waitFor();
    if (await shown.isVisible()) return;
    await button.click({ timeout: 5000 }).catch(() => {});
    await shown.waitFor({ timeout: 10_000 }).catch(() => {});
  }
}

// Where keys are on: nothing without one, everything with one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { row } from "./history.mjs";
import { PHRASES, staged } from "./stage.mjs";
import { passages } from "./text.mjs";

const KEY = "a-key-of-this-test-0123456789";

const stage = staged({ RETENDER_API_KEYS: KEY }, async (at) => at.recording("corto.wav", PHRASES));

test("the page asks for a key, says that one is wrong, and then does everything with it", async () => {
  stage.expect(/status of 401/);
  const { page } = await stage.visit();
  const dialog = page.getByRole("dialog", { name: "Clave de acceso" });
  const field = dialog.getByLabel("Clave", { exact: true });
  const use = dialog.getByRole("button", { name: "Usar esta clave" });
  await field.fill("a-wrong-key-0123456789");
  await use.click();
  await dialog.getByText("El servicio no acepta esta clave.").waitFor();
  await field.fill(KEY);
  await use.click();
  await dialog.waitFor({ state: "detached" });

  await page.getByTestId("files").setInputFiles(`${stage.folder}/corto.wav`);
  await row(page, "corto.wav").getByText("Lista").waitFor();
  const played = page.waitForResponse((response) => response.url().includes("/audio?ticket="));
  await page.getByRole("link", { name: "corto.wav" }).click();
  assert.equal((await played).ok(), true);
  await passages(page).getByText("alpha bravo").waitFor();
  await page.getByRole("button", { name: "Reproducir", exact: true }).click();
  await page.waitForFunction(
    () => document.querySelector("[data-testid=time]").textContent !== "0:00",
  );
  await page.getByRole("tab", { name: "Desde código" }).click();
  await page.getByText("Authorization: Bearer $RETENDER_API_KEY").first().waitFor();
  const addresses = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name),
  );
  assert.equal(addresses.join().includes(KEY), false);
});

test("the text comes over a WebSocket with a ticket while the work goes on", async () => {
  stage.recording("largo.wav", Array.from({ length: 15 }, () => PHRASES).flat());
  const headers = { Authorization: `Bearer ${KEY}` };
  const jobId = await stage.submitted("largo.wav", { headers });
  const { page } = await stage.visitJob(jobId, { storage: { "retender.key": KEY } });
  await passages(page).first().waitFor();
  const { status } = await (await stage.ask(`/job/${jobId}`, { headers })).json();
  assert.equal(status, "processing");
  await stage.ask(`/job/${jobId}`, { method: "DELETE", headers });
  await page.getByText("Se canceló.").waitFor();
});

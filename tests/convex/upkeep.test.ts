import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api, internal } from "../../convex/_generated/api";
import crons from "../../convex/crons";
import { STUCK_ASKED } from "../../convex/retender/limits";
import * as d from "./deployment";

// @vitest-environment node
// (the service that is asked is a real server)

const DAY = 24 * 60 * 60_000;
const NOW = Date.parse("2026-03-01T00:00:00Z");

afterEach(() => {
  vi.useRealTimers();
});

function clock(at: number) {
  vi.useFakeTimers({ now: at, toFake: ["Date", "setTimeout", "clearTimeout"] });
}

async function cleaned(t: d.Deployment) {
  await t.mutation(internal.transcriptionJobs.cleanUp, {});
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  return d.rows(t);
}

test("the crons are there", () => {
  expect(
    Object.values(crons.crons)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["transcriptionJobs:cleanUp", "transcriptionJobs:resyncStuck"]);
});

describe("cleaning up", () => {
  test("forgets jobs with their transcripts a month after they last changed, and keeps others", async () => {
    clock(NOW - 31 * DAY);
    const t = d.deployment();
    await d.post(t, d.completed(9, { text: "Viejo.", segments: [] }));
    await d.post(t, d.failed(9, { jobId: "failed-long-ago" }));
    await d.post(t, d.processing(9, 50, { jobId: "never-heard-of-again" }));
    clock(NOW - 29 * DAY);
    await d.post(t, d.completed(9, { text: "Nuevo.", segments: [] }, { jobId: "younger" }));
    clock(NOW);
    const { jobs, chunks } = await cleaned(t);
    expect(jobs.map(({ jobId }) => jobId)).toEqual(["younger"]);
    expect(chunks.map(({ text }) => text)).toEqual(["Nuevo."]);
  });

  test("takes as many transactions as it needs", async () => {
    clock(NOW - 31 * DAY);
    const t = d.deployment();
    for (let i = 0; i < 50; i++) await d.post(t, d.chunk(9, i, `${i}`));
    await d.post(t, d.completed(9, { chunks: 50 }));
    for (let i = 0; i < 150; i++) await d.post(t, d.failed(9, { jobId: `failed-${i}` }));
    clock(NOW);
    await t.mutation(internal.transcriptionJobs.cleanUp, {});
    const first = await d.rows(t);
    expect(first.chunks.length).toBe(34);
    expect(first.jobs.length).toBe(151);
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await d.rows(t)).toEqual({ jobs: [], chunks: [] });
  });

  test("keeps them as long as the application wants", async () => {
    clock(NOW - 400 * DAY);
    const t = d.deployment({ RETENDER_KEEP_DAYS: "0" });
    await d.post(t, d.completed(9, { text: "Viejo.", segments: [] }));
    clock(NOW);
    expect((await cleaned(t)).jobs.length).toBe(1);
    vi.stubEnv("RETENDER_KEEP_DAYS", "a month");
    await expect(cleaned(t)).rejects.toThrow(/RETENDER_KEEP_DAYS must be a number/);
    vi.stubEnv("RETENDER_KEEP_DAYS", "365");
    expect((await cleaned(t)).jobs).toEqual([]);
  });

  test("forgets what was announced and not uploaded after a day", async () => {
    clock(NOW - 25 * 60 * 60_000);
    const t = d.deployment({ RETENDER_KEEP_DAYS: "0" });
    const ana = t.withIdentity(d.ANA);
    await ana.mutation(api.transcriptionJobs.create, { jobId: "never-uploaded-at-all" });
    await ana.mutation(api.transcriptionJobs.create, { jobId: d.JOB });
    await d.post(t, d.processing(1, 0, { status: "pending", stage: "uploading" }));
    clock(NOW);
    expect((await cleaned(t)).jobs.map(({ jobId }) => jobId)).toEqual([d.JOB]);
  });
});

/** A service that answers as told, and notes what it was asked. */
async function service(status: number) {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push({
      path: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
    });
    response.writeHead(status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, [Symbol.asyncDispose]: async () => void server.close() };
}

describe("a job that stands still", () => {
  const { requestResync } = api.transcriptionJobs;

  test("can be asked for by its owner, with the service's key, and not twice at once", async () => {
    await using there = await service(202);
    const t = d.deployment({ RETENDER_URL: `${there.url}/`, RETENDER_SERVICE_KEY: "rt_1_secret" });
    await d.post(t, d.processing(3, 30));
    const ana = t.withIdentity(d.ANA);
    expect(await ana.action(requestResync, { jobId: d.JOB })).toBe("asked");
    expect(await ana.action(requestResync, { jobId: d.JOB })).toBe("too_soon");
    expect(there.asked).toEqual([
      { path: `POST /job/${d.JOB}/resync`, authorization: "Bearer rt_1_secret" },
    ]);
  });

  test.each([
    [404, "unknown_to_service"],
    [401, "refused"],
    [503, "unreachable"],
  ])("says how it went: %d is %s", async (status, outcome) => {
    await using there = await service(status);
    const t = d.deployment({ RETENDER_URL: there.url });
    await d.post(t, d.processing(3, 30));
    expect(await t.withIdentity(d.ANA).action(requestResync, { jobId: d.JOB })).toBe(outcome);
  });

  test("says so where nobody answers, or nobody is to be asked", async () => {
    const gone = await service(200);
    await gone[Symbol.asyncDispose]();
    const t = d.deployment({ RETENDER_URL: gone.url });
    await d.post(t, d.processing(3, 30));
    const ana = t.withIdentity(d.ANA);
    expect(await ana.action(requestResync, { jobId: d.JOB })).toBe("unreachable");
    vi.stubEnv("RETENDER_URL", "");
    expect(await ana.action(requestResync, { jobId: d.JOB })).toBe("not_configured");
  });

  test("is found, and no other", async () => {
    vi.useFakeTimers({ now: NOW - 10 * 60_000, toFake: ["Date"] });
    const t = d.deployment();
    await d.post(t, d.processing(3, 30, { jobId: "stuck" }));
    await d.post(t, d.processing(3, 30, { jobId: "moves" }));
    await d.post(t, d.completed(3, { text: "", segments: [] }, { jobId: "has-ended" }));
    const ana = t.withIdentity(d.ANA);
    await ana.mutation(api.transcriptionJobs.create, { jobId: "waits-for-its-upload" });
    vi.setSystemTime(NOW);
    await d.post(t, d.processing(3, 31, { jobId: "moves" }));
    const found = await t.query(internal.transcriptionJobs.stuck, { seconds: 300 });
    expect(found.map(({ jobId }) => jobId)).toEqual(["stuck"]);
  });

  test("is asked for by the cron, a few at a time, each once an hour", async () => {
    await using there = await service(202);
    vi.useFakeTimers({ now: NOW - 10 * 60_000, toFake: ["Date"] });
    const t = d.deployment({ RETENDER_URL: there.url });
    for (let i = 0; i < STUCK_ASKED + 5; i++) {
      await d.post(t, d.processing(3, 30, { jobId: `stuck-${i}` }));
    }
    const run = () => t.action(internal.transcriptionJobs.resyncStuck, {});
    vi.setSystemTime(NOW);
    expect([await run(), await run(), await run()]).toEqual([STUCK_ASKED, 5, 0]);
    expect(new Set(there.asked.map(({ path }) => path)).size).toBe(STUCK_ASKED + 5);
    vi.setSystemTime(NOW + 61 * 60_000);
    expect(await run()).toBe(STUCK_ASKED);
  });

  test("is left alone by the cron where the service's address is not set, or it is away", async () => {
    vi.useFakeTimers({ now: NOW - 10 * 60_000, toFake: ["Date"] });
    const gone = await service(200);
    await gone[Symbol.asyncDispose]();
    const t = d.deployment();
    for (let i = 0; i < 5; i++) await d.post(t, d.processing(3, 30, { jobId: `stuck-${i}` }));
    vi.setSystemTime(NOW);
    expect(await t.action(internal.transcriptionJobs.resyncStuck, {})).toBe(0);
    vi.stubEnv("RETENDER_URL", gone.url);
    expect(await t.action(internal.transcriptionJobs.resyncStuck, {})).toBe(1);
  });
});

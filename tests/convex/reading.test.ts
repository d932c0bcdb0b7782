import { describe, expect, test } from "vitest";
import { api } from "../../convex/_generated/api";
import { JOBS_AWAITED, JOBS_PER_PAGE } from "../../convex/retender/limits";
import * as d from "./deployment";

const PAGE = { numItems: 100, cursor: null };
const { create, get, list, transcript, requestResync } = api.transcriptionJobs;

describe("somebody else's job", () => {
  const strangers = {
    "another user": (t: d.Deployment) => t.withIdentity(d.BEA),
    "the same name at another provider": (t: d.Deployment) =>
      t.withIdentity({ subject: "ana", issuer: "https://elsewhere.example.com" }),
    nobody: (t: d.Deployment) => t,
  };

  test.each(Object.entries(strangers))("cannot be read by %s", async (_, as) => {
    const t = d.deployment({ RETENDER_URL: "http://127.0.0.1:9" });
    await d.post(t, d.completed(9, { text: "Secreto.", segments: [d.segment(0)] }));
    const stranger = as(t);
    expect(await stranger.query(get, { jobId: d.JOB })).toBeNull();
    expect((await stranger.query(list, { paginationOpts: PAGE })).page).toEqual([]);
    const found = await stranger.query(transcript, { jobId: d.JOB, paginationOpts: PAGE });
    expect(found).toMatchObject({ page: [], isDone: true });
    expect(await stranger.action(requestResync, { jobId: d.JOB })).toBe("no_such_job");
    expect(await stranger.query(get, { jobId: "not-there" })).toBeNull();
  });

  test("a job that belongs to nobody cannot be read by anybody", async () => {
    const t = d.deployment();
    await d.post(t, d.processing(1, 0, { userId: undefined }));
    expect(await t.query(get, { jobId: d.JOB })).toBeNull();
    expect(await t.withIdentity(d.ANA).query(get, { jobId: d.JOB })).toBeNull();
  });

  test("no query takes a user as its argument", async () => {
    const t = d.deployment().withIdentity(d.BEA);
    const args = { paginationOpts: PAGE, userId: d.ANA.tokenIdentifier };
    await expect(t.query(list, args as never)).rejects.toThrow(/userId/);
  });
});

test("users are told how to name themselves to the service", async () => {
  const t = d.deployment();
  expect(await t.query(api.transcriptionJobs.me, {})).toBeNull();
  expect(await t.withIdentity(d.ANA).query(api.transcriptionJobs.me, {})).toBe(
    d.ANA.tokenIdentifier,
  );
});

describe("a job that is announced before its upload", () => {
  test("is there at once, and is what the service then speaks of", async () => {
    const t = d.deployment();
    const ana = t.withIdentity(d.ANA);
    const made = await ana.mutation(create, { jobId: d.JOB, name: "reunión.m4a" });
    expect(made).toEqual({ jobId: d.JOB, userId: d.ANA.tokenIdentifier });
    expect(await ana.query(get, { jobId: d.JOB })).toMatchObject({
      status: "pending",
      stage: "uploading",
      name: "reunión.m4a",
      transcript: "none",
    });
    const first = d.processing(0, 0, { status: "queued", userId: made.userId });
    expect((await d.post(t, first)).body).toEqual({ applied: true });
    expect(await ana.query(get, { jobId: d.JOB })).toMatchObject({
      status: "queued",
      name: "reunión.m4a",
      createdAt: Date.parse(d.CREATED),
    });
  });

  test("announcing it again changes nothing, before and after news of it", async () => {
    const t = d.deployment();
    const ana = t.withIdentity(d.ANA);
    await ana.mutation(create, { jobId: d.JOB, name: "uno" });
    await ana.mutation(create, { jobId: d.JOB, name: "dos" });
    await d.post(t, d.processing(3, 30));
    await ana.mutation(create, { jobId: d.JOB });
    expect((await d.rows(t)).jobs).toMatchObject([{ name: "uno", version: 3 }]);
  });

  test("cannot take a job from its owner, nor one that belongs to nobody", async () => {
    const t = d.deployment();
    await t.withIdentity(d.ANA).mutation(create, { jobId: d.JOB });
    const bea = t.withIdentity(d.BEA);
    await expect(bea.mutation(create, { jobId: d.JOB })).rejects.toThrow(/job_id_taken/);
    const nobodys = "b".repeat(32);
    await d.post(t, d.processing(1, 0, { jobId: nobodys, userId: undefined }));
    await expect(bea.mutation(create, { jobId: nobodys })).rejects.toThrow(/job_id_taken/);
  });

  test("keeps another user's upload out of it", async () => {
    const t = d.deployment();
    await t.withIdentity(d.ANA).mutation(create, { jobId: d.JOB });
    const answer = await d.post(t, d.processing(1, 0, { userId: d.BEA.tokenIdentifier }));
    expect(answer.status).toBe(409);
  });

  test("is taken where only announced ones are", async () => {
    const t = d.deployment({ RETENDER_ONLY_CREATED: "true" });
    await t.withIdentity(d.ANA).mutation(create, { jobId: d.JOB });
    expect((await d.post(t, d.processing(1, 0))).body).toEqual({ applied: true });
  });

  test("needs someone who is signed in, an id that cannot be guessed, and patience", async () => {
    const t = d.deployment();
    await expect(t.mutation(create, { jobId: d.JOB })).rejects.toThrow(/not_signed_in/);
    const ana = t.withIdentity(d.ANA);
    await expect(ana.mutation(create, { jobId: "short" })).rejects.toThrow(/bad_job_id/);
    for (let i = 0; i < JOBS_AWAITED; i++) {
      await ana.mutation(create, { jobId: `waits-for-its-upload-${i}` });
    }
    await expect(ana.mutation(create, { jobId: d.JOB })).rejects.toThrow(/too_many_waiting/);
  });
});

describe("a user's list", () => {
  test("has the newest first, in pages, and can be of one status", async () => {
    const t = d.deployment();
    for (let i = 0; i < 25; i++) {
      const createdAt = new Date(Date.parse("2026-01-01T00:00:00Z") + i * 1000).toISOString();
      const timestamps = { createdAt, startedAt: createdAt };
      const job = { jobId: `job-${i}`, timestamps, ...(i % 5 === 0 && { status: "queued" }) };
      await d.post(t, d.processing(1, 0, job));
    }
    await d.post(t, d.processing(1, 0, { jobId: "hers", userId: d.BEA.tokenIdentifier }));
    const ana = t.withIdentity(d.ANA);
    const first = await ana.query(list, { paginationOpts: { numItems: 10, cursor: null } });
    expect(first.page.map(({ jobId }) => jobId)).toEqual(
      Array.from({ length: 10 }, (_, i) => `job-${24 - i}`),
    );
    const next = { numItems: 100, cursor: first.continueCursor };
    expect((await ana.query(list, { paginationOpts: next })).page.length).toBe(15);
    const queued = await ana.query(list, { paginationOpts: PAGE, status: "queued" });
    expect(queued.page.map(({ jobId }) => jobId)).toEqual([
      "job-20",
      "job-15",
      "job-10",
      "job-5",
      "job-0",
    ]);
  });

  test("gives no more at once than a page may have", async () => {
    const t = d.deployment();
    for (let i = 0; i <= JOBS_PER_PAGE; i++)
      await d.post(t, d.processing(1, 0, { jobId: `j${i}` }));
    const paginationOpts = { numItems: 100_000, cursor: null };
    const found = await t.withIdentity(d.ANA).query(list, { paginationOpts });
    expect(found.page.length).toBe(JOBS_PER_PAGE);
    expect(found.isDone).toBe(false);
  });

  test("says nothing of what is kept for the functions themselves", async () => {
    const t = d.deployment();
    await d.post(t, d.completed(9, { text: "Hola.", segments: [] }));
    const { page } = await t.withIdentity(d.ANA).query(list, { paginationOpts: PAGE });
    expect(Object.keys(page[0]!).sort()).toEqual(
      [
        "completedAt createdAt jobId message progress result stage startedAt status",
        "transcript updatedAt version",
      ]
        .join(" ")
        .split(" "),
    );
  });
});

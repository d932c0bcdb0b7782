import { describe, expect, test } from "vitest";
import { BODY_BYTES, SEGMENTS_PER_CHUNK } from "../../convex/retender/limits";
import * as d from "./deployment";
import examples from "./payloads.json";

const GOOD = d.completed(9, { text: "Hola.", segments: [d.segment(0, 2)] });
const BEARER = (key: string) => ({ Authorization: `Bearer ${key}` });

test("the examples of payloads.json are answered as they say, in order", async () => {
  const t = d.deployment();
  for (const { why, payload, answer } of examples) {
    const answered = await d.post(t, payload);
    expect({ why, status: answered.status, answer: answered.body }).toEqual({
      why,
      status: 200,
      answer,
    });
  }
});

describe("the key", () => {
  test("503 while none is set, even for someone who sends an empty one", async () => {
    for (const none of ["", "  "]) {
      const t = d.deployment({ RETENDER_API_KEY: none, RETENDER_API_KEY_PREVIOUS: "old" });
      for (const key of ["", "old", "anything"]) {
        const { status, body } = await d.post(t, GOOD, BEARER(key));
        expect(status).toBe(503);
        expect(body.error?.code).toBe("not_configured");
      }
    }
  });

  test.each(["Bearer wrong", "Bearer ", "Bearer", "", d.KEY, `Basic ${d.KEY}`, `Bearer ${d.KEY}x`])(
    "401 for %j, and nothing is stored",
    async (authorization) => {
      const t = d.deployment();
      const { status, body, headers } = await d.post(t, GOOD, { Authorization: authorization });
      expect(status).toBe(401);
      expect(headers.get("WWW-Authenticate")).toBe("Bearer");
      expect(body.error?.code).toBe("unauthorized");
      expect((await d.rows(t)).jobs).toEqual([]);
    },
  );

  test("401 comes before any look at the body", async () => {
    const t = d.deployment();
    expect((await d.post(t, "x".repeat(BODY_BYTES + 1), BEARER("wrong"))).status).toBe(401);
  });

  test("during a rotation the old key and the new one are taken, after it the new one alone", async () => {
    const during = d.deployment({ RETENDER_API_KEY: "new-key", RETENDER_API_KEY_PREVIOUS: d.KEY });
    expect((await d.post(during, GOOD, BEARER("new-key"))).status).toBe(200);
    expect((await d.post(during, GOOD, BEARER(d.KEY))).status).toBe(200);
    expect((await d.post(during, GOOD, BEARER("older"))).status).toBe(401);

    const after = d.deployment({ RETENDER_API_KEY: "new-key" });
    expect((await d.post(after, GOOD, BEARER("new-key"))).status).toBe(200);
    expect((await d.post(after, GOOD, BEARER(d.KEY))).status).toBe(401);
  });

  test("can be checked without writing, and which of the two it is", async () => {
    const t = d.deployment({ RETENDER_API_KEY: "new-key", RETENDER_API_KEY_PREVIOUS: d.KEY });
    const check = async (key: string) => {
      const response = await t.fetch("/updateTranscriptionJob", { headers: BEARER(key) });
      return { status: response.status, body: await response.json() };
    };
    expect(await check("new-key")).toEqual({ status: 200, body: { ready: true, key: "current" } });
    expect(await check(d.KEY)).toEqual({ status: 200, body: { ready: true, key: "previous" } });
    expect((await check("wrong")).status).toBe(401);
    expect((await d.rows(t)).jobs).toEqual([]);
  });
});

describe("the body", () => {
  test.each(["text/plain", "multipart/form-data", "application/jsonp", ""])(
    "415 for %j",
    async (type) => {
      const { status, body } = await d.post(d.deployment(), GOOD, { "Content-Type": type });
      expect(status).toBe(415);
      expect(body.error?.code).toBe("unsupported_media");
    },
  );

  test("a charset beside the type does no harm", async () => {
    const type = { "Content-Type": "Application/JSON; charset=utf-8" };
    expect((await d.post(d.deployment(), GOOD, type)).status).toBe(200);
  });

  test("413 for one that is too long, with or without its length announced", async () => {
    const t = d.deployment();
    const long = { ...GOOD, message: "x".repeat(BODY_BYTES) };
    for (const headers of [{}, { "Content-Length": String(BODY_BYTES + 1) }]) {
      const { status, body } = await d.post(t, long, headers as Record<string, string>);
      expect(status).toBe(413);
      expect(body.error?.details.field).toBe("body");
    }
    expect((await d.rows(t)).jobs).toEqual([]);
  });

  test("413 for more segments than one chunk takes", async () => {
    const segments = Array.from({ length: SEGMENTS_PER_CHUNK + 1 }, (_, i) => d.segment(i));
    const inResult = await d.post(d.deployment(), d.completed(9, { text: "…", segments }));
    expect(inResult).toMatchObject({ status: 413 });
    expect(inResult.body.error?.details.field).toBe("result.segments");
    const inChunk = await d.post(d.deployment(), d.chunk(9, 0, "…", segments));
    expect(inChunk).toMatchObject({ status: 413 });
    expect(inChunk.body.error?.details.field).toBe("chunk.segments");
  });

  test.each(["", "{", "[]", "null", '"text"', "12"])("400 for %j", async (body) => {
    const answer = await d.post(d.deployment(), body);
    expect(answer.status).toBe(400);
    expect(answer.body.error?.details.field).toBe("body");
  });

  test("400 for bytes that are not UTF-8", async () => {
    const response = await d.deployment().fetch("/updateTranscriptionJob", {
      method: "POST",
      headers: { ...BEARER(d.KEY), "Content-Type": "application/json" },
      body: new Uint8Array([0x7b, 0xff, 0x7d]),
    });
    expect(response.status).toBe(400);
  });
});

describe("400 names the field", () => {
  const times = (GOOD as { timestamps: object }).timestamps;
  const result = (GOOD as { result: object }).result;
  const cases: [string, d.Payload][] = [
    ["jobId", { jobId: undefined }],
    ["jobId", { jobId: "" }],
    ["jobId", { jobId: "../etc" }],
    ["jobId", { jobId: "x".repeat(129) }],
    ["jobId", { jobId: 7 }],
    ["userId", { userId: "" }],
    ["userId", { userId: ["ana"] }],
    ["userId", { userId: "x".repeat(257) }],
    ["version", { version: -1 }],
    ["version", { version: 1.5 }],
    ["version", { version: "9" }],
    ["version", { version: undefined }],
    ["status", { status: "done" }],
    ["status", { status: undefined }],
    ["stage", { stage: "In Progress" }],
    ["progress", { progress: 100.1 }],
    ["progress", { progress: "50" }],
    ["message", { message: undefined }],
    ["message", { message: "x".repeat(2001) }],
    ["message", { message: "half \ud83d" }],
    ["result", { result: undefined }],
    ["result", { result: "Hola" }],
    ["result.text", { result: { ...result, text: undefined } }],
    ["result.engine", { result: { ...result, engine: undefined } }],
    ["result.segments", { result: { ...result, segments: {} } }],
    ["result.chunks", { result: { ...result, chunks: 2 } }],
    ["result.segments[0]", { result: { ...result, segments: ["Hola"] } }],
    ["result.segments[0].words[1].end", withWord({ end: "1.5" })],
    ["result", { chunk: { index: 0, text: "", segments: [] } }],
    ["chunk.index", { result: undefined, chunk: { index: -1, text: "", segments: [] } }],
    ["chunk.text", { result: undefined, chunk: { index: 0, segments: [] } }],
    ["error", { status: "failed" }],
    ["error.code", { status: "failed", error: { message: "no" } }],
    ["timestamps", { timestamps: undefined }],
    ["timestamps.createdAt", { timestamps: { ...times, createdAt: undefined } }],
    ["timestamps.createdAt", { timestamps: { ...times, createdAt: 1769860800 } }],
    ["timestamps.createdAt", { timestamps: { ...times, createdAt: "2026-01-31T12:00:00+01:00" } }],
    ["timestamps.startedAt", { timestamps: { ...times, startedAt: "2026-02-30T12:00:00Z" } }],
    ["timestamps.completedAt", { timestamps: { ...times, completedAt: undefined } }],
    ["timestamps.completedAt", { status: "processing" }],
  ];

  function withWord(change: object): d.Payload {
    const one = d.segment(0, 2);
    const words = one.words.map((word, i) => (i === 1 ? { ...word, ...change } : word));
    return { result: { ...result, segments: [{ ...one, words }] } };
  }

  test.each(cases)("%s %j", async (field, change) => {
    const t = d.deployment();
    const { status, body } = await d.post(t, { ...GOOD, ...change });
    expect(status).toBe(400);
    expect(body.error?.code).toBe("invalid_payload");
    expect(body.error?.details.field).toBe(field);
    expect(body.error?.message).toContain(field);
    expect((await d.rows(t)).jobs).toEqual([]);
  });

  test("a number that JSON can write and nothing can hold", async () => {
    const body = JSON.stringify(GOOD).replace('"progress":100', '"progress":1e999');
    expect((await d.post(d.deployment(), body)).body.error?.details.field).toBe("progress");
  });
});

test("fields of a newer service are left out, not refused", async () => {
  const t = d.deployment();
  const answer = await d.post(t, { ...GOOD, stage: "a_new_stage", speakers: 2, __proto__: 1 });
  expect(answer).toMatchObject({ status: 200, body: { applied: true } });
  expect((await d.rows(t)).jobs[0]).toMatchObject({ stage: "a_new_stage" });
});

test("409 for a job of another user, whether the news is old or new, and nothing changes", async () => {
  const t = d.deployment();
  await d.post(t, d.processing(5, 50));
  const before = await d.rows(t);
  for (const payload of [d.processing(4, 40), d.processing(6, 60), d.chunk(6, 0, "…")]) {
    const answer = await d.post(t, { ...payload, userId: d.BEA.tokenIdentifier });
    expect(answer.status).toBe(409);
    expect(answer.body.error?.code).toBe("owner_mismatch");
  }
  expect(await d.rows(t)).toEqual(before);
});

test("a row without an owner gets the first that is named, and keeps it", async () => {
  const t = d.deployment();
  await d.post(t, d.processing(1, 0, { userId: undefined }));
  await d.post(t, d.processing(2, 10, { userId: d.ANA.tokenIdentifier }));
  await d.post(t, d.processing(3, 20, { userId: undefined }));
  expect((await d.rows(t)).jobs).toMatchObject([{ version: 3, userId: d.ANA.tokenIdentifier }]);
  const stolen = d.processing(4, 30, { userId: d.BEA.tokenIdentifier });
  expect((await d.post(t, stolen)).status).toBe(409);
});

test("jobs nobody announced are left out where the application says so", async () => {
  const t = d.deployment({ RETENDER_ONLY_CREATED: "true" });
  const answer = await d.post(t, d.processing(1, 0));
  expect(answer.body).toEqual({ applied: false, reason: "unknown_job" });
  expect((await d.rows(t)).jobs).toEqual([]);
});

test("the times of a job are stored to the millisecond", async () => {
  const t = d.deployment();
  await d.post(t, GOOD);
  const [job] = (await d.rows(t)).jobs;
  expect(new Date(job!.createdAt).toISOString()).toBe(d.CREATED);
  expect(new Date(job!.startedAt!).toISOString()).toBe(d.STARTED);
  expect(new Date(job!.completedAt!).toISOString()).toBe(d.COMPLETED);
  const times = { createdAt: "2026-01-31T12:00:00Z", startedAt: "2026-01-31T12:00:01.5Z" };
  await d.post(t, d.processing(1, 0, { jobId: "short-times", timestamps: times }));
  const short = (await d.rows(t)).jobs.find((each) => each.jobId === "short-times");
  expect(new Date(short!.createdAt).toISOString()).toBe("2026-01-31T12:00:00.000Z");
  expect(new Date(short!.startedAt!).toISOString()).toBe("2026-01-31T12:00:01.500Z");
});

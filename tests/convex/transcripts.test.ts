import type { PaginationResult } from "convex/server";
import { getDocumentSize, type Value } from "convex/values";
import { describe, expect, test } from "vitest";
import { api } from "../../convex/_generated/api";
import { BODY_BYTES, CHUNK_BYTES, CHUNKS_PER_PAGE } from "../../convex/retender/limits";
import type { TranscriptChunk } from "../../convex/retender/reading";
import * as d from "./deployment";

const DOCUMENT_BYTES = 1024 * 1024;
const ARRAY_ELEMENTS = 8192;
const CHUNK_TARGET = 256 * 1024;

async function read(t: d.Deployment, numItems = 100) {
  const ana = t.withIdentity(d.ANA);
  const job = await ana.query(api.transcriptionJobs.get, { jobId: d.JOB });
  const chunks = [];
  let cursor: string | null = null;
  for (;;) {
    const found: PaginationResult<TranscriptChunk> = await ana.query(
      api.transcriptionJobs.transcript,
      {
        jobId: d.JOB,
        paginationOpts: { numItems, cursor },
      },
    );
    expect(found.page.length).toBeLessThanOrEqual(CHUNKS_PER_PAGE);
    chunks.push(...found.page);
    if (found.isDone) break;
    cursor = found.continueCursor;
  }
  return { state: job?.transcript, chunks, text: chunks.map(({ text }) => text).join("") };
}

async function posted(t: d.Deployment, payload: unknown) {
  const answer = await d.post(t, payload);
  expect(answer).toMatchObject({ status: 200, body: { applied: true } });
}

test("a short transcript comes with its job, and is read like a long one", async () => {
  const t = d.deployment();
  await posted(t, d.completed(9, { text: "Hola. Adiós.", segments: [d.segment(0, 2)] }));
  const { state, chunks, text } = await read(t);
  expect({ state, text }).toEqual({ state: "whole", text: "Hola. Adiós." });
  expect(chunks[0]?.segments).toEqual([d.segment(0, 2)]);
});

test("text without times, and silence, are whole transcripts", async () => {
  for (const result of [
    { text: "Solo texto.", segments: [] },
    { text: "", segments: [], no_speech: true },
  ]) {
    const t = d.deployment();
    await posted(t, d.completed(9, result));
    expect(await read(t)).toMatchObject({ state: "whole", text: result.text });
  }
});

test("a list of jobs carries no transcript", async () => {
  const t = d.deployment();
  await posted(t, d.completed(9, { text: "Hola.", segments: [d.segment(0)] }));
  const found = await t.withIdentity(d.ANA).query(api.transcriptionJobs.list, {
    paginationOpts: { numItems: 10, cursor: null },
  });
  expect(JSON.stringify(found)).not.toContain("Hola");
  expect(found.page[0]?.result).toEqual({
    language: "es",
    language_probability: 0.98,
    duration: 312.4,
    processing_time: 45.2,
    model: "medium",
    engine: "local",
  });
});

describe("in chunks", () => {
  test("is whole when the last has come, before the end is told", async () => {
    const t = d.deployment();
    await posted(t, d.processing(5, 90));
    await posted(t, d.chunk(6, 0, "Uno. "));
    await posted(t, d.chunk(6, 1, "Dos."));
    expect(
      await t.withIdentity(d.ANA).query(api.transcriptionJobs.get, { jobId: d.JOB }),
    ).toMatchObject({ status: "processing", version: 5, transcript: "partial" });
    await posted(t, d.completed(6, { chunks: 2 }));
    expect(await read(t)).toMatchObject({ state: "whole", text: "Uno. Dos." });
  });

  test("or after it", async () => {
    const t = d.deployment();
    await posted(t, d.completed(6, { chunks: 2 }));
    expect(await read(t)).toMatchObject({ state: "none", text: "" });
    await posted(t, d.chunk(6, 1, "Dos."));
    expect(await read(t)).toMatchObject({ state: "partial", text: "Dos." });
    await posted(t, d.chunk(6, 0, "Uno. "));
    expect(await read(t)).toMatchObject({ state: "whole", text: "Uno. Dos." });
  });

  test("the same one again counts once", async () => {
    const t = d.deployment();
    await posted(t, d.chunk(6, 0, "Uno. "));
    await posted(t, d.chunk(6, 0, "Uno. "));
    await posted(t, d.completed(6, { chunks: 2 }));
    await posted(t, d.chunk(6, 0, "Uno. "));
    expect(await read(t)).toMatchObject({ state: "partial" });
    expect((await d.rows(t)).chunks.length).toBe(1);
  });

  test("a job whose first sign is a chunk of its end is not shown as ended", async () => {
    const t = d.deployment();
    await posted(t, d.chunk(6, 0, "Uno. "));
    const [job] = (await d.rows(t)).jobs;
    expect(job).toMatchObject({ status: "processing", userId: d.ANA.tokenIdentifier });
    expect(job).not.toHaveProperty("completedAt");
  });

  test("what is finished can be read while the job runs", async () => {
    const t = d.deployment();
    const running = (version: number, index: number, text: string) =>
      d.processing(version, version, { chunk: { index, text, segments: [] } });
    await posted(t, running(3, 0, "Uno. "));
    await posted(t, running(4, 0, "Uno. Dos. "));
    await posted(t, running(5, 1, "Tres. "));
    expect(await read(t)).toMatchObject({ state: "partial", text: "Uno. Dos. Tres. " });
    const late = await d.post(t, running(3, 0, "Uno. "));
    expect(late.body).toEqual({ applied: false, reason: "stale" });
  });

  test("those of an attempt that failed are not shown after it is retried", async () => {
    const t = d.deployment();
    const running = (version: number, index: number, text: string) =>
      d.processing(version, version, { chunk: { index, text, segments: [] } });
    await posted(t, d.processing(2, 1));
    await posted(t, running(3, 0, "viejo "));
    await posted(t, running(4, 1, "viejo "));
    await posted(t, running(5, 2, "viejo "));
    await posted(t, d.failed(6));
    expect(await read(t)).toMatchObject({ state: "partial", text: "viejo viejo viejo " });
    await posted(t, d.processing(7, 0));
    expect(await read(t)).toMatchObject({ state: "none", text: "" });
    expect((await d.post(t, running(5, 3, "viejo "))).body.reason).toBe("stale");
    await posted(t, running(8, 0, "nuevo "));
    expect(await read(t)).toMatchObject({ state: "partial", text: "nuevo " });
    await posted(t, d.chunk(9, 0, "nuevo "));
    await posted(t, d.chunk(9, 1, "del todo"));
    await posted(t, d.completed(9, { chunks: 2 }));
    expect(await read(t)).toMatchObject({ state: "whole", text: "nuevo del todo" });
  });

  test("one beyond those that there are is left out", async () => {
    const t = d.deployment();
    await posted(t, d.completed(9, { chunks: 1 }));
    expect((await d.post(t, d.chunk(9, 1, "…"))).body.reason).toBe("finished");
    expect(await read(t)).toMatchObject({ state: "none" });
  });
});

test("three hours with a time for each word stay under all limits, and come back word for word", async () => {
  const t = d.deployment();
  // 150 words a minute in segments of four seconds.
  const segments = Array.from({ length: (3 * 3600) / 4 }, (_, i) => d.segment(i, 10));
  expect(segments.flatMap(({ words }) => words).length).toBe(27_000);
  const parts: (typeof segments)[] = [[]];
  let bytes = 0;
  for (const each of segments) {
    const size = new TextEncoder().encode(JSON.stringify(each)).length + 1;
    if (parts.at(-1)!.length === 200 || bytes + size > CHUNK_TARGET) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(each);
    bytes += size;
  }
  expect(parts.length).toBe(14);
  const texts = parts.map((part) => part.map(({ text }) => text).join(" ") + " ");
  await posted(t, d.processing(40, 99));
  for (const [index, part] of parts.entries()) {
    const payload = d.chunk(41, index, texts[index]!, part);
    expect(JSON.stringify(payload).length).toBeLessThan(BODY_BYTES);
    await posted(t, payload);
  }
  await posted(t, d.completed(41, { chunks: parts.length, duration: 3 * 3600 }));

  const stored = await d.rows(t);
  for (const row of [...stored.jobs, ...stored.chunks]) {
    expect(getDocumentSize(row)).toBeLessThan(DOCUMENT_BYTES / 2);
    expect(longestArray(row)).toBeLessThanOrEqual(ARRAY_ELEMENTS);
  }
  expect(getDocumentSize(stored.jobs[0]!)).toBeLessThan(2048);
  const back = await read(t);
  expect(back.state).toBe("whole");
  expect(back.text).toBe(texts.join(""));
  expect(back.chunks.flatMap((chunk) => chunk.segments)).toEqual(segments);
});

test("a body that is just allowed, of the shortest words there are, fits into a document", async () => {
  const t = d.deployment();
  const word = { word: "a", start: 0, end: 0, confidence: 0 };
  const each = JSON.stringify(word).length + 1;
  const perSegment = Math.floor((BODY_BYTES - 60 * 1024) / each / 200);
  const segments = Array.from({ length: 200 }, (_, id) => ({
    id,
    start: 0,
    end: 0,
    text: "",
    confidence: 0,
    words: Array.from({ length: perSegment }, () => word),
  }));
  const payload = d.completed(9, { text: "", segments });
  expect(JSON.stringify(payload).length).toBeGreaterThan(BODY_BYTES * 0.85);
  await posted(t, payload);
  const [chunk] = (await d.rows(t)).chunks;
  expect(getDocumentSize(chunk!)).toBeLessThan(CHUNK_BYTES);
  expect(CHUNK_BYTES).toBeLessThan(DOCUMENT_BYTES);
});

function longestArray(value: Value | undefined): number {
  if (Array.isArray(value)) return Math.max(value.length, ...value.map(longestArray));
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return 0;
  return Math.max(0, ...Object.values(value).map(longestArray));
}

/** A deployment with the functions in it, and what the service would post to it. */
import { convexTest } from "convex-test";
import { vi } from "vitest";
import schema from "../../convex/schema";

export const KEY = "a-key-that-only-tests-know";
export const ANA = { tokenIdentifier: "https://auth.example.com|ana" };
export const BEA = { tokenIdentifier: "https://auth.example.com|bea" };
export const JOB = "4f1c00000000000000000000000000aa";

const modules = import.meta.glob(["../../convex/**/*.{ts,js}", "!../../convex/**/*.d.ts"]);

/** With Convex' own limits on what a transaction reads and writes. */
export function deployment(variables: Record<string, string> = {}) {
  vi.unstubAllEnvs();
  for (const [name, value] of Object.entries({ RETENDER_API_KEY: KEY, ...variables })) {
    vi.stubEnv(name, value);
  }
  return convexTest({ schema, modules, transactionLimits: true });
}

export type Deployment = ReturnType<typeof deployment>;

export interface Answer {
  status: number;
  body: {
    applied?: boolean;
    reason?: string;
    ready?: boolean;
    key?: string;
    error?: { code: string; message: string; details: { field?: string } };
  };
  headers: Headers;
}

export async function post(
  t: Deployment,
  payload: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await t.fetch("/updateTranscriptionJob", {
    method: "POST",
    headers: {
      Authorization: `Bearer ${KEY}`,
      "Content-Type": "application/json",
      ...headers,
    },
    body: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

export const CREATED = "2026-01-31T12:00:00.123Z";
export const STARTED = "2026-01-31T12:00:01.007Z";
export const COMPLETED = "2026-01-31T12:30:00.999Z";

export type Payload = Record<string, unknown>;

export function processing(version: number, progress: number, more: Payload = {}): Payload {
  return {
    jobId: JOB,
    userId: ANA.tokenIdentifier,
    version,
    status: "processing",
    stage: "transcribing",
    progress,
    message: `Procesando segmento ${version}`,
    timestamps: { createdAt: CREATED, startedAt: STARTED },
    ...more,
  };
}

const ended = { createdAt: CREATED, startedAt: STARTED, completedAt: COMPLETED };

export function completed(version: number, result: Payload, more: Payload = {}): Payload {
  return processing(version, 100, {
    status: "completed",
    stage: "finalizing",
    message: "Transcripción completada",
    result: {
      language: "es",
      language_probability: 0.98,
      duration: 312.4,
      processing_time: 45.2,
      model: "medium",
      engine: "local",
      ...result,
    },
    timestamps: ended,
    ...more,
  });
}

export function failed(version: number, more: Payload = {}): Payload {
  return processing(version, 50, {
    status: "failed",
    message: "No se ha podido completar la transcripción",
    error: { code: "engine_failed", message: "El motor ha fallado.", detail: "out of memory" },
    timestamps: ended,
    ...more,
  });
}

export function cancelled(version: number): Payload {
  return processing(version, 50, { status: "cancelled", timestamps: ended });
}

export function chunk(version: number, index: number, text: string, segments = [segment(index)]) {
  const { result: _, ...rest } = completed(version, {});
  return { ...rest, chunk: { index, text, segments } };
}

export function segment(id: number, words = 0) {
  return {
    id,
    start: id * 4,
    end: id * 4 + 3.9,
    text: `Segmento número ${id}.`,
    confidence: 0.93,
    language: "es",
    words: Array.from({ length: words }, (_, i) => ({
      word: ["ahora", "mismo", "años", "de", "transcripción"][i % 5]!,
      start: id * 4 + i * 0.31,
      end: id * 4 + i * 0.31 + 0.287,
      confidence: 0.987,
    })),
  };
}

/** Everything that is stored. */
export async function rows(t: Deployment) {
  return t.run(async (ctx) => ({
    jobs: await ctx.db.query("transcriptionJobs").collect(),
    chunks: await ctx.db.query("transcriptChunks").withIndex("by_job_and_index").collect(),
  }));
}

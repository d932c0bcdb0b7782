/** The one place that writes jobs and chunks at the service's word, in the caller's transaction. */
import { getDocumentSize } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { CHUNK_BYTES } from "./limits";
import { isFinal, type News, type Part, type Update } from "./payload";
import { ruleOnChunk, ruleOnNews, type Ruling } from "./ruling";

type Row = Doc<"transcriptionJobs">;

export type Stored = Ruling | { outcome: "too_large" };

export function rowOf(ctx: QueryCtx, jobId: string): Promise<Row | null> {
  return ctx.db
    .query("transcriptionJobs")
    .withIndex("by_job_id", (q) => q.eq("jobId", jobId))
    .unique();
}

/** `onlyCreated`: jobs that the application has not announced are none of its business. */
export async function store(
  ctx: MutationCtx,
  update: Update,
  now: number,
  onlyCreated: boolean,
): Promise<Stored> {
  const part = update.chunk ?? update.news.whole;
  if (part !== undefined && !fits(update, part)) return { outcome: "too_large" };
  const found = await rowOf(ctx, update.jobId);
  if (found === null && onlyCreated) return { outcome: "ignored", reason: "unknown_job" };
  const row = found ?? (await begin(ctx, update, now));
  return update.chunk === undefined
    ? storeNews(ctx, row, update, now)
    : storeChunk(ctx, row, update, update.chunk, now);
}

/** Before its first news. A chunk that comes first must not show the job as ended. */
async function begin(ctx: MutationCtx, update: Update, now: number): Promise<Row> {
  const { news } = update;
  const ended = isFinal(news.status);
  const id = await ctx.db.insert("transcriptionJobs", {
    jobId: update.jobId,
    version: -1,
    status: ended ? "processing" : news.status,
    stage: ended ? "finalizing" : news.stage,
    progress: news.progress,
    message: news.message,
    createdAt: news.createdAt,
    updatedAt: now,
  });
  return (await ctx.db.get(id))!;
}

async function storeNews(ctx: MutationCtx, row: Row, update: Update, now: number): Promise<Ruling> {
  const ruling = ruleOnNews(row, update);
  if (ruling.outcome !== "applied") return ruling;
  const { news, version } = update;
  const counted =
    news.whole === undefined
      ? counts(row)
      : await put(ctx, row, version, { index: 0, ...news.whole });
  const retried = row.status === "failed" && row.version >= 0 && news.status !== "failed";
  await ctx.db.patch(row._id, {
    ...asTold(news),
    ...counted,
    ...owner(row, update),
    version,
    updatedAt: now,
    ...(retried && { retriedFrom: row.version }),
  });
  return ruling;
}

async function storeChunk(
  ctx: MutationCtx,
  row: Row,
  update: Update,
  chunk: { index: number } & Part,
  now: number,
): Promise<Ruling> {
  const ruling = ruleOnChunk(row, await chunkOf(ctx, row.jobId, chunk.index), update);
  if (ruling.outcome !== "applied") return ruling;
  const counted = await put(ctx, row, update.version, chunk);
  await ctx.db.patch(row._id, { ...counted, ...owner(row, update), updatedAt: now });
  return ruling;
}

/** A snapshot takes the place of the one before: what it does not have is gone from the row. */
function asTold(news: News) {
  return {
    status: news.status,
    stage: news.stage,
    progress: news.progress,
    message: news.message,
    error: news.error,
    result: news.result,
    chunkCount: news.chunks,
    createdAt: news.createdAt,
    startedAt: news.startedAt,
    completedAt: news.completedAt,
  };
}

function owner(row: Row, update: Update): Pick<Row, "userId"> {
  const userId = row.userId ?? update.userId;
  return userId === undefined ? {} : { userId };
}

type Counts = Pick<Row, "chunksVersion" | "chunksStored">;

const counts = ({ chunksVersion, chunksStored }: Row): Counts => ({
  ...(chunksVersion !== undefined && { chunksVersion }),
  ...(chunksStored !== undefined && { chunksStored }),
});

/** Writes the chunk into its place, and says how many there are now of the latest version. */
async function put(
  ctx: MutationCtx,
  row: Row,
  version: number,
  chunk: { index: number } & Part,
): Promise<Counts> {
  const stored = await chunkOf(ctx, row.jobId, chunk.index);
  const content = { version, text: chunk.text, segments: chunk.segments };
  if (stored === null) {
    await ctx.db.insert("transcriptChunks", { jobId: row.jobId, index: chunk.index, ...content });
  } else {
    await ctx.db.patch(stored._id, content);
  }
  const latest = row.chunksVersion ?? -1;
  if (version > latest) return { chunksVersion: version, chunksStored: 1 };
  const added = version === latest && stored?.version !== version ? 1 : 0;
  return { chunksVersion: latest, chunksStored: (row.chunksStored ?? 0) + added };
}

function chunkOf(ctx: QueryCtx, jobId: string, index: number) {
  return ctx.db
    .query("transcriptChunks")
    .withIndex("by_job_and_index", (q) => q.eq("jobId", jobId).eq("index", index))
    .unique();
}

function fits(update: Update, part: Part): boolean {
  const { text, segments } = part;
  const document = { jobId: update.jobId, index: 0, version: update.version, text, segments };
  return getDocumentSize(document) <= CHUNK_BYTES;
}

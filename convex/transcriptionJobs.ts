/**
 * The functions: what the application calls (`api.transcriptionJobs.…`), each for the signed-in user
 * and nobody else, and what the endpoint and the crons call (`internal.transcriptionJobs.…`).
 */
import { paginationOptsValidator, type PaginationResult } from "convex/server";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import {
  action,
  internalAction,
  internalMutation,
  internalQuery,
  mutation,
  query,
  type QueryCtx,
} from "./_generated/server";
import * as limits from "./retender/limits";
import { ownerOf } from "./retender/owner";
import { update } from "./retender/payload";
import {
  chunkOf,
  isShown,
  jobOf,
  type TranscriptChunk,
  type TranscriptionJob,
} from "./retender/reading";
import { deleteOld, stuckJobs } from "./retender/retention";
import { askToResync, type Resync } from "./retender/service";
import { keepFor, onlyCreated, service, stuckAfter } from "./retender/settings";
import { rowOf, store, type Stored } from "./retender/storage";
import { status } from "./retender/tables";

// ---- for the application ----

/** What an upload names as its `user_id`; null for somebody who is not signed in. */
export const me = query({
  args: {},
  handler: (ctx): Promise<string | null> => ownerOf(ctx),
});

/**
 * Announces a job before its upload, so that the user sees it from the first moment and it is theirs
 * whatever is said later. The id is the service's: a resumable upload has it before its first byte.
 * Ids that could be guessed are refused. Calling it again changes nothing but a name that is missing.
 */
export const create = mutation({
  args: { jobId: v.string(), name: v.optional(v.string()) },
  handler: async (ctx, { jobId, name }): Promise<{ jobId: string; userId: string }> => {
    const userId = await ownerOf(ctx);
    if (userId === null) throw new ConvexError({ code: "not_signed_in" });
    if (!/^[A-Za-z0-9_-]{16,}$/.test(jobId) || jobId.length > limits.JOB_ID_CHARS) {
      throw new ConvexError({ code: "bad_job_id" });
    }
    const row = await rowOf(ctx, jobId);
    if (row !== null) {
      if (row.userId !== userId) throw new ConvexError({ code: "job_id_taken" });
      if (row.name === undefined && name !== undefined) {
        await ctx.db.patch(row._id, { name: name.slice(0, limits.NAME_CHARS) });
      }
      return { jobId, userId };
    }
    const awaited = await ctx.db
      .query("transcriptionJobs")
      .withIndex("by_user_and_status", (q) => q.eq("userId", userId).eq("status", "pending"))
      .take(limits.JOBS_AWAITED);
    if (awaited.length === limits.JOBS_AWAITED) throw new ConvexError({ code: "too_many_waiting" });
    const now = Date.now();
    await ctx.db.insert("transcriptionJobs", {
      jobId,
      userId,
      ...(name !== undefined && { name: name.slice(0, limits.NAME_CHARS) }),
      version: -1,
      status: "pending",
      stage: "uploading",
      progress: 0,
      message: "",
      createdAt: now,
      updatedAt: now,
    });
    return { jobId, userId };
  },
});

/** The signed-in user's jobs, newest first; of one status where one is given. */
export const list = query({
  args: { paginationOpts: paginationOptsValidator, status: v.optional(status) },
  handler: async (ctx, args): Promise<PaginationResult<TranscriptionJob>> => {
    const userId = await ownerOf(ctx);
    if (userId === null) return nothing();
    const { status } = args;
    const jobs = ctx.db.query("transcriptionJobs");
    const chosen =
      status === undefined
        ? jobs.withIndex("by_user", (q) => q.eq("userId", userId))
        : jobs.withIndex("by_user_and_status", (q) => q.eq("userId", userId).eq("status", status));
    const found = await chosen
      .order("desc")
      .paginate(bounded(args.paginationOpts, limits.JOBS_PER_PAGE));
    return { ...found, page: found.page.map(jobOf) };
  },
});

/** One job of the signed-in user; null for everybody else's, as if it was not there. */
export const get = query({
  args: { jobId: v.string() },
  handler: async (ctx, { jobId }): Promise<TranscriptionJob | null> => {
    const row = await ownRow(ctx, jobId);
    return row === null ? null : jobOf(row);
  },
});

/** Its transcript, in chunks, as far as there is one. */
export const transcript = query({
  args: { jobId: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, args): Promise<PaginationResult<TranscriptChunk>> => {
    const row = await ownRow(ctx, args.jobId);
    if (row === null) return nothing();
    const found = await ctx.db
      .query("transcriptChunks")
      .withIndex("by_job_and_index", (q) => q.eq("jobId", row.jobId))
      .paginate(bounded(args.paginationOpts, limits.CHUNKS_PER_PAGE));
    return {
      ...found,
      page: found.page.filter((chunk) => isShown(row, chunk)).map(chunkOf),
    };
  },
});

/** Asks the service to send this job again, for a user who sees it stand still. */
export const requestResync = action({
  args: { jobId: v.string() },
  handler: async (ctx, { jobId }): Promise<Resync> => {
    const userId = await ownerOf(ctx);
    if (userId === null) return "no_such_job";
    const there = service();
    if (there === null) return "not_configured";
    const claim = await ctx.runMutation(internal.transcriptionJobs.claimResync, {
      jobId,
      userId,
      pause: limits.RESYNC_PAUSE,
    });
    return claim === "claimed" ? askToResync(there, jobId) : claim;
  },
});

// ---- for the endpoint and the crons ----

/** What the service posts. The endpoint has checked the key and the shape. */
export const updateFromAPI = internalMutation({
  args: update,
  handler: (ctx, args): Promise<Stored> => store(ctx, args, Date.now(), onlyCreated()),
});

/** Whether this job may be asked for now; notes that it was. */
export const claimResync = internalMutation({
  args: { jobId: v.string(), userId: v.optional(v.string()), pause: v.number() },
  handler: async (
    ctx,
    { jobId, userId, pause },
  ): Promise<"claimed" | Extract<Resync, "no_such_job" | "too_soon">> => {
    const row = await rowOf(ctx, jobId);
    if (row === null || (userId !== undefined && row.userId !== userId)) return "no_such_job";
    const now = Date.now();
    if (row.resyncAskedAt !== undefined && now - row.resyncAskedAt < pause) return "too_soon";
    await ctx.db.patch(row._id, { resyncAskedAt: now });
    return "claimed";
  },
});

/** Jobs that go on, and of which nothing was heard for so many seconds. */
export const stuck = internalQuery({
  args: { seconds: v.number() },
  handler: async (ctx, { seconds }) => {
    const rows = await stuckJobs(ctx, Date.now() - seconds * 1000, limits.STUCK_SEEN);
    return rows.map(({ jobId, userId, status, version, updatedAt, resyncAskedAt }) => ({
      jobId,
      userId,
      status,
      version,
      updatedAt,
      resyncAskedAt,
    }));
  },
});

/** The cron's: each stuck job is asked for once an hour. Says how many were. */
export const resyncStuck = internalAction({
  args: {},
  handler: async (ctx): Promise<number> => {
    const there = service();
    if (there === null) return 0;
    const seconds = stuckAfter() / 1000;
    const jobs = await ctx.runQuery(internal.transcriptionJobs.stuck, { seconds });
    let asked = 0;
    for (const { jobId } of jobs) {
      if (asked === limits.STUCK_ASKED) break;
      const claim = { jobId, pause: limits.STUCK_PAUSE };
      if ((await ctx.runMutation(internal.transcriptionJobs.claimResync, claim)) !== "claimed") {
        continue;
      }
      asked += 1;
      // A service that is away is away for all of them; the next run tries again.
      if ((await askToResync(there, jobId)) === "unreachable") break;
    }
    return asked;
  },
});

/** The cron's: deletes old jobs with their transcripts, and goes on in the next transaction. */
export const cleanUp = internalMutation({
  args: {},
  handler: async (ctx): Promise<number> => {
    const { deleted, more } = await deleteOld(ctx, Date.now(), keepFor());
    if (more) await ctx.scheduler.runAfter(0, internal.transcriptionJobs.cleanUp, {});
    return deleted;
  },
});

/** Never says whether the job exists to somebody whose it is not. */
async function ownRow(ctx: QueryCtx, jobId: string) {
  const [userId, row] = [await ownerOf(ctx), await rowOf(ctx, jobId)];
  return userId !== null && row !== null && row.userId === userId ? row : null;
}

function bounded<T extends { numItems: number }>(options: T, most: number): T {
  return { ...options, numItems: Math.min(options.numItems, most) };
}

function nothing<T>(): PaginationResult<T> {
  return { page: [], isDone: true, continueCursor: "" };
}

/** Which jobs stand still, which are old, and how the old ones are deleted in small transactions. */
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import * as limits from "./limits";
import type { Status } from "./payload";

type Row = Doc<"transcriptionJobs">;

const GOING_ON: readonly Status[] = ["processing", "queued", "pending"];
const ALL: readonly Status[] = ["completed", "failed", "cancelled", ...GOING_ON];

/** Jobs that have begun, have not ended, and of which nothing was heard since `before`. */
export async function stuckJobs(ctx: QueryCtx, before: number, most: number): Promise<Row[]> {
  const found: Row[] = [];
  for (const status of GOING_ON) {
    const rows = await unchanged(ctx, status, before).take(most - found.length);
    // What the service never spoke of was never uploaded.
    found.push(...rows.filter((row) => row.version >= 0));
    if (found.length >= most) break;
  }
  return found;
}

/** Deletes what one transaction can take, and says whether there may be more. */
export async function deleteOld(
  ctx: MutationCtx,
  now: number,
  keptFor: number,
): Promise<{ deleted: number; more: boolean }> {
  let [deleted, chunks] = [0, 0];
  for (const row of await oldJobs(ctx, now, keptFor)) {
    const room = limits.CHUNKS_DELETED - chunks;
    const batch = await ctx.db
      .query("transcriptChunks")
      .withIndex("by_job_and_index", (q) => q.eq("jobId", row.jobId))
      .take(room);
    for (const chunk of batch) await ctx.db.delete(chunk._id);
    chunks += batch.length;
    // The row goes last: it is what leads to the chunks that are left.
    if (batch.length === room) return { deleted, more: true };
    await ctx.db.delete(row._id);
    deleted += 1;
  }
  return { deleted, more: deleted === limits.JOBS_DELETED };
}

async function oldJobs(ctx: MutationCtx, now: number, keptFor: number): Promise<Row[]> {
  const awaited = await unchanged(ctx, "pending", now - limits.AWAITED_FOR)
    .filter((q) => q.eq(q.field("version"), -1))
    .take(limits.JOBS_DELETED);
  const found = new Map(awaited.map((row) => [row.jobId, row]));
  for (const status of keptFor === Infinity ? [] : ALL) {
    const left = limits.JOBS_DELETED - found.size;
    if (left <= 0) break;
    for (const row of await unchanged(ctx, status, now - keptFor).take(left)) {
      found.set(row.jobId, row);
    }
  }
  return [...found.values()];
}

function unchanged(ctx: QueryCtx, status: Status, before: number) {
  return ctx.db
    .query("transcriptionJobs")
    .withIndex("by_status", (q) => q.eq("status", status).lt("updatedAt", before));
}

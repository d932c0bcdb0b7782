/**
 * What becomes of an update, decided from the row and the update alone: whatever the order in which
 * updates come, and however often each, the row ends as the newest of them says.
 */
import type { Doc } from "../_generated/dataModel";
import type { Update } from "./payload";

export type Reason = "stale" | "repeated" | "finished" | "unknown_job";

export type Ruling =
  { outcome: "applied" } | { outcome: "ignored"; reason: Reason } | { outcome: "owner_mismatch" };

type Row = Doc<"transcriptionJobs">;

const APPLIED: Ruling = { outcome: "applied" };
const ignored = (reason: Reason): Ruling => ({ outcome: "ignored", reason });

/** A row without an owner gets one by the first update that names one, and keeps it. */
export function ownersDiffer(row: Row, update: Update): boolean {
  return row.userId !== undefined && update.userId !== undefined && row.userId !== update.userId;
}

/**
 * - Older than the row: `stale`.
 * - Of the row's version: applied if it tells of more progress, else `repeated`.
 * - Newer: applied, unless the job has ended. Nothing leaves `completed` and `cancelled`. A `failed`
 *   job that is retried has newer versions, so these are applied.
 */
export function ruleOnNews(row: Row, update: Update): Ruling {
  if (ownersDiffer(row, update)) return { outcome: "owner_mismatch" };
  if (update.version < row.version) return ignored("stale");
  const repeated = update.version === row.version;
  if (row.status === "completed" || row.status === "cancelled") {
    return ignored(repeated ? "repeated" : "finished");
  }
  if (repeated && (row.status === "failed" || update.news.progress <= row.progress)) {
    return ignored("repeated");
  }
  return APPLIED;
}

/**
 * Chunks may come before the news that they belong to, or after. `stored` is the chunk that has its
 * place. The same chunk again replaces it: that changes nothing, or mends it.
 */
export function ruleOnChunk(
  row: Row,
  stored: Pick<Doc<"transcriptChunks">, "version"> | null,
  update: Update,
): Ruling {
  if (ownersDiffer(row, update)) return { outcome: "owner_mismatch" };
  if (stored !== null && update.version < stored.version) return ignored("stale");
  if (row.status === "cancelled") return ignored("finished");
  if (row.status === "completed") {
    if (update.version < row.version) return ignored("stale");
    const beyond = update.chunk !== undefined && update.chunk.index >= (row.chunkCount ?? 0);
    if (update.version > row.version || beyond) return ignored("finished");
  }
  if (row.retriedFrom !== undefined && update.version <= row.retriedFrom) return ignored("stale");
  return APPLIED;
}

/**
 * The two tables. An application with a schema of its own spreads them into it:
 * `defineSchema({ ...transcriptionTables, yours: … })`.
 */
import { defineTable } from "convex/server";
import { v } from "convex/values";

export const status = v.union(
  v.literal("pending"),
  v.literal("queued"),
  v.literal("processing"),
  v.literal("completed"),
  v.literal("failed"),
  v.literal("cancelled"),
);

export const failure = v.object({
  code: v.string(),
  /** For the person who uploaded. */
  message: v.string(),
  /** For those who run the service. */
  detail: v.optional(v.string()),
});

export const word = v.object({
  word: v.string(),
  start: v.number(),
  end: v.number(),
  confidence: v.number(),
});

export const segment = v.object({
  id: v.number(),
  start: v.number(),
  end: v.number(),
  text: v.string(),
  confidence: v.number(),
  language: v.optional(v.string()),
  words: v.optional(v.array(word)),
});

/** A part of the transcript. The texts of all parts, one after another, are the whole text. */
export const part = v.object({ text: v.string(), segments: v.array(segment) });

/** What is known of a transcript beside its text, under the names that the service's API uses. */
export const result = v.object({
  language: v.optional(v.string()),
  language_probability: v.optional(v.number()),
  duration: v.number(),
  processing_time: v.number(),
  model: v.string(),
  requested_model: v.optional(v.string()),
  engine: v.string(),
  no_speech: v.optional(v.boolean()),
});

/** Milliseconds since 1970, like Convex's own `_creationTime`. */
export const timestamps = {
  createdAt: v.number(),
  startedAt: v.optional(v.number()),
  completedAt: v.optional(v.number()),
};

export const transcriptionTables = {
  /** One small row a job: a list of jobs never reads a transcript. */
  transcriptionJobs: defineTable({
    jobId: v.string(),
    /** Whose it is; absent where the upload named nobody. Only its owner can read a job. */
    userId: v.optional(v.string()),
    /** What the application calls it. The service does not touch it. */
    name: v.optional(v.string()),
    /** The number of the job's last event that is in this row; -1 before the first. */
    version: v.number(),
    status,
    /** A word that tells people what goes on. Newer services may have stages of their own. */
    stage: v.string(),
    progress: v.number(),
    message: v.string(),
    error: v.optional(failure),
    result: v.optional(result),
    ...timestamps,
    /** When this row or its transcript last changed. */
    updatedAt: v.number(),
    /** Of a completed job: how many chunks its transcript has. */
    chunkCount: v.optional(v.number()),
    /** The latest version of which there are chunks, and how many there are of it. */
    chunksVersion: v.optional(v.number()),
    chunksStored: v.optional(v.number()),
    /** After a retry: chunks up to this version belong to the attempt that failed. */
    retriedFrom: v.optional(v.number()),
    /** When the service was last asked to send this job again. */
    resyncAskedAt: v.optional(v.number()),
  })
    .index("by_job_id", ["jobId"])
    .index("by_user", ["userId", "createdAt"])
    .index("by_user_and_status", ["userId", "status", "createdAt"])
    .index("by_status", ["status", "updatedAt"]),

  transcriptChunks: defineTable({
    jobId: v.string(),
    index: v.number(),
    /** The version of the job that it was sent with. */
    version: v.number(),
    text: v.string(),
    segments: v.array(segment),
  }).index("by_job_and_index", ["jobId", "index"]),
};

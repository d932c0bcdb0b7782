/** What an application is shown of a job and of its transcript. */
import type { Doc } from "../_generated/dataModel";

type Row = Doc<"transcriptionJobs">;
type Chunk = Doc<"transcriptChunks">;

export interface TranscriptionJob extends Pick<
  Row,
  | "jobId"
  | "name"
  | "version"
  | "status"
  | "stage"
  | "progress"
  | "message"
  | "error"
  | "result"
  | "createdAt"
  | "startedAt"
  | "completedAt"
  | "updatedAt"
> {
  /** `whole`: all of a completed job's transcript can be read. */
  transcript: "none" | "partial" | "whole";
}

export interface TranscriptChunk extends Pick<Chunk, "index" | "text" | "segments"> {}

export function jobOf(row: Row): TranscriptionJob {
  const {
    _id,
    _creationTime,
    userId: _userId,
    chunkCount: _chunkCount,
    chunksVersion: _chunksVersion,
    chunksStored: _chunksStored,
    retriedFrom: _retriedFrom,
    resyncAskedAt: _resyncAskedAt,
    ...shown
  } = row;
  return { ...shown, transcript: transcriptOf(row) };
}

export function transcriptOf(row: Row): TranscriptionJob["transcript"] {
  if (row.status === "completed") {
    const count = row.chunkCount ?? 0;
    const stored = row.chunksVersion === row.version ? (row.chunksStored ?? 0) : 0;
    return stored >= count ? "whole" : stored > 0 ? "partial" : "none";
  }
  const latest = row.chunksVersion ?? -1;
  return latest > (row.retriedFrom ?? -1) ? "partial" : "none";
}

/** Of a completed job: the chunks of its last version. Before: those of the attempt under way. */
export function isShown(row: Row, chunk: Chunk): boolean {
  if (row.status === "completed") {
    return chunk.version === row.version && chunk.index < (row.chunkCount ?? 0);
  }
  return chunk.version > (row.retriedFrom ?? -1);
}

export function chunkOf({ index, text, segments }: Chunk): TranscriptChunk {
  return { index, text, segments };
}

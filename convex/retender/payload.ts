/**
 * What the service posts, checked: the wire contract's names on the one side, what the mutation
 * takes on the other. Fields that are not known are left out: a newer service may send more.
 */
import { v, type Infer } from "convex/values";
import { Fields, fieldsOf } from "./fields";
import * as limits from "./limits";
import { failure, part, result, segment, status, timestamps, word } from "./tables";

/** How a job stands. `chunks`: how many the transcript of a completed one has. */
const news = v.object({
  status,
  stage: v.string(),
  progress: v.number(),
  message: v.string(),
  error: v.optional(failure),
  result: v.optional(result),
  chunks: v.optional(v.number()),
  /** A transcript that is short enough to come with the news, as its only chunk. */
  whole: v.optional(part),
  ...timestamps,
});

export const update = v.object({
  jobId: v.string(),
  userId: v.optional(v.string()),
  version: v.number(),
  news,
  /** With a chunk, the news only says what a row begins with that is not there yet. */
  chunk: v.optional(v.object({ index: v.number(), ...part.fields })),
});

export type Status = Infer<typeof status>;
export type Part = Infer<typeof part>;
export type News = Infer<typeof news>;
export type Update = Infer<typeof update>;

const STATUSES = status.members.map((member) => member.value);
const SECONDS = 1e9;

export function isFinal(status: Status): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/** Throws `BadField`. */
export function readUpdate(body: unknown): Update {
  const fields = fieldsOf(body);
  const chunk = fields.has("chunk") ? readChunk(fields.object("chunk")) : undefined;
  return {
    jobId: fields.text("jobId", limits.JOB_ID_CHARS, /^[A-Za-z0-9_-]+$/),
    ...(fields.has("userId") && { userId: fields.text("userId", limits.USER_ID_CHARS, /./) }),
    version: fields.integer("version", 0, Number.MAX_SAFE_INTEGER),
    news: readNews(fields, chunk !== undefined),
    ...(chunk !== undefined && { chunk }),
  };
}

function readNews(fields: Fields, withChunk: boolean): News {
  const status = fields.oneOf("status", STATUSES);
  const times = fields.object("timestamps");
  if (withChunk && fields.has("result")) {
    throw fields.bad("result", "cannot come together with a chunk");
  }
  if (!withChunk && status === "completed" && !fields.has("result")) {
    throw fields.bad("result", "is missing: a completed job has one");
  }
  if (!withChunk && status === "failed" && !fields.has("error")) {
    throw fields.bad("error", "is missing: a failed job has a reason");
  }
  if (times.has("completedAt") !== isFinal(status)) {
    throw times.bad("completedAt", isFinal(status) ? "is missing" : `is for ended jobs only`);
  }
  return {
    status,
    stage: fields.text("stage", limits.STAGE_CHARS, /^[a-z_]+$/),
    progress: fields.number("progress", 0, 100),
    message: fields.text("message", limits.MESSAGE_CHARS),
    ...(fields.has("error") && status === "failed" && { error: readError(fields.object("error")) }),
    ...(fields.has("result") && status === "completed" && readResult(fields.object("result"))),
    createdAt: times.moment("createdAt"),
    ...(times.has("startedAt") && { startedAt: times.moment("startedAt") }),
    ...(times.has("completedAt") && { completedAt: times.moment("completedAt") }),
  };
}

function readError(fields: Fields): Infer<typeof failure> {
  return {
    code: fields.text("code", limits.LABEL_CHARS, /./),
    message: fields.text("message", limits.ERROR_CHARS),
    ...(fields.has("detail") && { detail: fields.text("detail", limits.ERROR_CHARS) }),
  };
}

function readResult(fields: Fields): Pick<News, "result" | "chunks" | "whole"> {
  const label = (name: string) => fields.text(name, limits.LABEL_CHARS);
  if (fields.has("chunks") && (fields.has("segments") || fields.has("text"))) {
    throw fields.bad("chunks", "is for results whose text and segments are left out");
  }
  return {
    result: {
      ...(fields.has("language") && { language: label("language") }),
      ...(fields.has("language_probability") && {
        language_probability: measured(fields, "language_probability"),
      }),
      duration: measured(fields, "duration"),
      processing_time: measured(fields, "processing_time"),
      model: label("model"),
      ...(fields.has("requested_model") && { requested_model: label("requested_model") }),
      engine: label("engine"),
      ...(fields.has("no_speech") && { no_speech: fields.flag("no_speech") }),
    },
    ...(fields.has("chunks")
      ? { chunks: fields.integer("chunks", 0, limits.CHUNKS) }
      : { chunks: 1, whole: readPart(fields) }),
  };
}

function readChunk(fields: Fields): { index: number } & Part {
  return { index: fields.integer("index", 0, limits.CHUNKS - 1), ...readPart(fields) };
}

function readPart(fields: Fields): Part {
  return {
    text: fields.text("text", limits.BODY_BYTES),
    segments: fields.list("segments", limits.SEGMENTS_PER_CHUNK, readSegment),
  };
}

function readSegment(fields: Fields): Infer<typeof segment> {
  const words = fields.has("words") ? fields.list("words", limits.WORDS_PER_SEGMENT, readWord) : [];
  return {
    id: fields.integer("id", 0, Number.MAX_SAFE_INTEGER),
    ...readSpan(fields),
    text: fields.text("text", limits.BODY_BYTES),
    ...(fields.has("language") && { language: fields.text("language", limits.LABEL_CHARS) }),
    ...(words.length > 0 && { words }),
  };
}

function readWord(fields: Fields): Infer<typeof word> {
  return { word: fields.text("word", limits.MESSAGE_CHARS), ...readSpan(fields) };
}

function readSpan(fields: Fields): { start: number; end: number; confidence: number } {
  return {
    start: measured(fields, "start"),
    end: measured(fields, "end"),
    confidence: measured(fields, "confidence"),
  };
}

/** Stored as it is: a rounding error is no reason to refuse a transcript. */
function measured(fields: Fields, name: string): number {
  return fields.number(name, -SECONDS, SECONDS);
}

/** Names for the shapes in the service's description, and for what is not described there. */
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Job = Schemas["JobShape"];
export type JobStatus = Job["status"];
export type JobFailure = Schemas["FailureShape"];
export type Segment = Schemas["SegmentShape"];
export type Word = Schemas["WordShape"];
export type Result = Schemas["ResultShape"];
export type Receipt = Schemas["ReceiptShape"];
export type QueueInfo = Schemas["QueueInfoShape"];
export type Actors = Schemas["ActorsShape"];
export type Actor = Actors["actors"][number];
export type Health = Schemas["HealthShape"];
export type Models = Schemas["ModelsShape"];
export type Model = Models["models"][number];
export type ModelWish = Schemas["ModelCommandShape"];

export type SubmitOptions = Omit<
  operations["transcribe_job_transcribe_job_post"]["requestBody"]["content"]["multipart/form-data"],
  "file" | "url"
>;

type OptionName = Exclude<keyof SubmitOptions, "name" | "priority" | "user_id" | "callback_url">;

/** Of a job that waits. Null gives an option its default. */
export type OptionsChange = { readonly [name in OptionName]?: SubmitOptions[name] | null };

export const STAGES = [
  "uploading",
  "queued",
  "downloading_model",
  "preparing",
  "transcribing",
  "finalizing",
  "retrying",
] as const;
export type Stage = (typeof STAGES)[number];

const TERMINAL: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

export function isFinished(status: JobStatus): boolean {
  return TERMINAL.has(status);
}

export const RESULT_FORMATS = ["json", "verbose_json", "txt", "srt", "vtt", "tsv", "docx"] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** A job in a list. A search adds where its words were found. */
export interface ListedJob extends Job {
  readonly snippet?: string | null;
  /** Seconds into the recording. */
  readonly snippet_time?: number | null;
}

/** Another model than the one that was asked for is told of. */
export interface FullResult extends Result {
  readonly requested_model?: string | null;
}

export interface JobPage {
  readonly jobs: readonly ListedJob[];
  readonly next_cursor: string | null;
}

export interface Transcript {
  /** 0 is what was recognised; each edit is the next. */
  readonly version: number;
  readonly original: number;
  readonly edited_at: string | null;
  readonly segments: readonly Segment[];
}

/** Opens one recording to a player, which can send no key. */
export interface AudioTicket {
  readonly ticket: string;
  /** Seconds. */
  readonly expires_in: number;
}

export interface Peaks {
  readonly per_second: number;
  readonly peaks: readonly number[];
}

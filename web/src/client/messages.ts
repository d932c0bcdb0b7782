/**
 * What is said over a job's WebSocket and event stream. OpenAPI does not describe it: this is the
 * service's wire contract by hand. Unknown kinds and unknown fields may be added to it any time.
 */
import type { Job, JobStatus, Result, Segment } from "./shapes";

interface Said<Type extends string, Data> {
  readonly type: Type;
  readonly job_id: string;
  readonly data: Data;
  readonly timestamp: string;
}

/** Numbered messages last: from 1 on without a gap, each can be had again by its number. */
interface Numbered {
  readonly seq: number;
}

/** News that will be overtaken carries no number and is never told again. */
interface Passing {
  readonly seq?: undefined;
}

export interface ProgressData {
  readonly status: JobStatus;
  readonly stage: string;
  readonly progress: number;
  readonly message: string;
  readonly estimated_time_remaining: number | null;
  /** Those finished since the last numbered message. */
  readonly segments?: readonly Segment[];
}

export interface CompletedData {
  readonly status: "completed";
  readonly progress: number;
  readonly message: string;
  readonly completed_at: string;
  readonly result?: Result;
  /** In place of a result that is too large for a message. */
  readonly result_url?: string;
}

export interface FailedData {
  readonly status: "failed";
  readonly error: string;
  readonly code: string;
  readonly detail?: string;
  readonly completed_at: string;
}

export type Connected = Said<
  "connected",
  { message: string; job_id: string; status: JobStatus; seq: number }
> &
  Passing;
export type StatusMessage = Said<"status", Job> & Passing;
export type Progress = Said<"progress", ProgressData> & (Numbered | Passing);
export type Completed = Said<"completed", CompletedData> & Numbered;
export type Failed = Said<"error", FailedData> & Numbered;
export type Cancelled = Said<"cancelled", { status: "cancelled"; completed_at: string }> & Numbered;
/** The service did not understand or not allow what this client said. The job goes on. */
export type Complaint = Said<"error", { code: string; error: string }> & Passing;
export type Ping = Said<"ping", object> & Passing;
export type Pong = Said<"pong", object> & Passing;

export type Message =
  | Connected
  | StatusMessage
  | Progress
  | Completed
  | Failed
  | Cancelled
  | Complaint
  | Ping
  | Pong;

export type Terminal = Completed | Failed | Cancelled;

export type Command = "ping" | "pong" | "get_status" | "cancel";

export function isTerminal(message: Message): message is Terminal {
  return (
    message.seq !== undefined &&
    (message.type === "completed" || message.type === "error" || message.type === "cancelled")
  );
}

const TYPES: ReadonlySet<string> = new Set<Message["type"]>([
  "connected",
  "status",
  "progress",
  "completed",
  "error",
  "cancelled",
  "ping",
  "pong",
]);

export interface Heard {
  /** Null: it means nothing to this client, as what a newer service may say. */
  readonly message: Message | null;
  /** A message has its number also where its meaning is unknown. */
  readonly seq: number | undefined;
}

export function parse(text: string): Heard {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return { message: null, seq: undefined };
  }
  if (typeof said !== "object" || said === null) return { message: null, seq: undefined };
  const { type, data, seq } = said as Record<string, unknown>;
  const known = typeof type === "string" && TYPES.has(type) && typeof data === "object" && !!data;
  return {
    message: known ? (said as Message) : null,
    seq: typeof seq === "number" && Number.isSafeInteger(seq) ? seq : undefined,
  };
}

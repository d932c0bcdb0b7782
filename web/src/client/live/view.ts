/** What is known of one job, as one value: each delivery makes the next of it. */
import {
  type Cancelled,
  type Complaint,
  type Completed,
  type Failed,
  isTerminal,
  type Message,
  type Progress,
  type Terminal,
} from "../messages";
import type { Job, JobFailure, JobStatus, Result, Segment } from "../shapes";
import type { Delivery } from "./link";

/** Something that happened to the job: it came to a stage, it failed, it was begun again. */
export interface Moment {
  readonly seq: number;
  readonly at: string;
  readonly status: JobStatus;
  readonly stage: string;
  readonly progress: number;
  readonly message: string;
}

export interface JobView {
  readonly jobId: string;
  /** Null: nothing is known yet. */
  readonly status: JobStatus | null;
  readonly stage: string;
  /** 0 to 100. */
  readonly progress: number;
  readonly message: string;
  /** Seconds; null: it cannot be told. */
  readonly timeRemaining: number | null;
  /** What is finished of the text, in order. The same array as long as nothing is added. */
  readonly segments: readonly Segment[];
  readonly result: Result | null;
  /** Where the result is, when it was too large for a message. */
  readonly resultUrl: string | null;
  readonly failure: JobFailure | null;
  readonly completedAt: string | null;
  /** What only a question to the service tells: place in the queue, model, duration, attempt. */
  readonly job: Job | null;
  /** The last complaint about something this client said. */
  readonly complaint: { readonly code: string; readonly message: string } | null;
  readonly timeline: readonly Moment[];
  readonly seq: number;
}

export function unknownJob(jobId: string): JobView {
  return {
    jobId,
    status: null,
    stage: "",
    progress: 0,
    message: "",
    timeRemaining: null,
    segments: [],
    result: null,
    resultUrl: null,
    failure: null,
    completedAt: null,
    job: null,
    complaint: null,
    timeline: [],
    seq: 0,
  };
}

/** All of them at once: segments are copied once, however many messages bring some. */
export function reduced(view: JobView, deliveries: readonly Delivery[]): JobView {
  const segments = new Growing(view.segments);
  let next = view;
  for (const delivery of deliveries) next = told(next, delivery, segments);
  return next === view ? view : { ...next, segments: segments.value };
}

function told(view: JobView, delivery: Delivery, segments: Growing<Segment>): JobView {
  switch (delivery.type) {
    case "reset":
      segments.replace([]);
      return unknownJob(view.jobId);
    case "snapshot":
      if (delivery.segments !== null) segments.replace(delivery.segments);
      return ofJob(view, delivery.job);
    case "message":
      return heard(view, delivery.message, segments);
  }
}

function heard(view: JobView, message: Message, segments: Growing<Segment>): JobView {
  switch (message.type) {
    case "connected":
      return view.status === null ? { ...view, status: message.data.status } : view;
    case "status":
      // It is made beside the numbered news, and may be behind what has come of that.
      return message.data.seq < view.seq ? view : ofJob(view, message.data);
    case "progress":
      for (const segment of message.data.segments ?? []) segments.put(segment.id, segment);
      return isPast(view, message) ? remembered(view, message) : underWay(view, message);
    case "completed":
      return completed(view, message, segments);
    case "error":
      if (!isTerminal(message)) return complained(view, message);
      return isPast(view, message) ? remembered(view, message) : failed(view, message);
    case "cancelled":
      return cancelled(view, message);
    default:
      return view;
  }
}

/** Whether the view is of a later moment: then the message adds text and history, and no more. */
function isPast(view: JobView, message: Message): boolean {
  return message.seq !== undefined && message.seq <= view.seq;
}

function underWay(view: JobView, message: Progress): JobView {
  const { status, stage, progress, message: sentence } = message.data;
  return {
    ...remembered(view, message),
    status,
    stage,
    progress,
    message: sentence,
    timeRemaining: message.data.estimated_time_remaining,
    // A failed job that was retried goes on.
    failure: null,
    completedAt: null,
  };
}

function completed(view: JobView, message: Completed, segments: Growing<Segment>): JobView {
  const { message: sentence, completed_at, result = view.result, result_url } = message.data;
  // Who asked for no times gets the text alone: what came of segments meanwhile stays.
  if (result !== null && result.segments.length > 0) segments.replace(result.segments);
  return {
    ...remembered(view, message),
    status: "completed",
    progress: 100,
    message: sentence,
    timeRemaining: null,
    failure: null,
    completedAt: completed_at,
    result,
    resultUrl: result === null ? (result_url ?? null) : null,
  };
}

function failed(view: JobView, message: Failed): JobView {
  const { code, error, detail = error, completed_at } = message.data;
  return {
    ...remembered(view, message),
    status: "failed",
    message: error,
    timeRemaining: null,
    failure: { code, message: error, detail },
    completedAt: completed_at,
  };
}

function cancelled(view: JobView, message: Cancelled): JobView {
  return {
    ...remembered(view, message),
    status: "cancelled",
    timeRemaining: null,
    completedAt: message.data.completed_at,
  };
}

function complained(view: JobView, { data: { code, error } }: Complaint): JobView {
  return { ...view, complaint: { code, message: error } };
}

function ofJob(view: JobView, job: Job): JobView {
  const result = job.result ?? view.result;
  return {
    ...view,
    job,
    status: job.status,
    stage: job.stage,
    progress: job.progress,
    message: job.message,
    timeRemaining: job.estimated_time_remaining,
    failure: job.error,
    completedAt: job.completed_at,
    result,
    resultUrl: result === null ? view.resultUrl : null,
    seq: job.seq,
  };
}

/** Here each sentence says that something has happened; elsewhere most only say how far it is. */
const WAITING: ReadonlySet<string> = new Set(["uploading", "queued"]);

function remembered(view: JobView, message: Progress | Terminal): JobView {
  const { seq, timestamp, data } = message;
  if (seq === undefined) return view;
  const last = view.timeline.at(-1);
  const moment: Moment = {
    seq,
    at: timestamp,
    status: data.status,
    stage: "stage" in data ? data.stage : (last?.stage ?? ""),
    progress: "progress" in data ? data.progress : (last?.progress ?? 0),
    message: "error" in data ? data.error : "message" in data ? data.message : "",
  };
  const isNew =
    last === undefined ||
    last.status !== moment.status ||
    last.stage !== moment.stage ||
    (WAITING.has(moment.stage) && last.message !== moment.message);
  return {
    ...view,
    seq: Math.max(view.seq, seq),
    timeline: isNew ? [...view.timeline, moment] : view.timeline,
  };
}

/** An array that is copied before its first change, and only then. */
class Growing<T> {
  #value: readonly T[];
  #own: T[] | null = null;

  constructor(value: readonly T[]) {
    this.#value = value;
  }

  get value(): readonly T[] {
    return this.#own ?? this.#value;
  }

  /** Its place is its number; what is there already is what a substitute has told before. */
  put(place: number, item: T): void {
    this.#own ??= [...this.#value];
    if (place >= 0 && place < this.#own.length) this.#own[place] = item;
    else this.#own.push(item);
  }

  replace(value: readonly T[]): void {
    this.#value = value;
    this.#own = null;
  }
}

/** What happened to a job, in order: from what it says of itself, from its news, and from when the
 * service was started. */
import type { Job, Moment } from "../../../client";

export type Entry = { readonly at: string } & (
  | { readonly kind: "received" }
  | {
      readonly kind: "stage";
      readonly stage: string;
      readonly progress: number;
      readonly message: string;
    }
  | { readonly kind: "restart"; readonly progress: number }
  | { readonly kind: "model"; readonly asked: string; readonly used: string }
  | { readonly kind: "attempts"; readonly attempt: number }
  | { readonly kind: "completed" | "failed" | "cancelled"; readonly message: string }
);

export interface Known {
  readonly job: Job;
  readonly moments: readonly Moment[];
  /** ISO 8601; null: not known. */
  readonly serviceStarted: string | null;
  readonly requestedModel: string | null;
}

export function story({ job, moments, serviceStarted, requestedModel }: Known): readonly Entry[] {
  const entries: Entry[] = [{ kind: "received", at: job.created_at }];
  for (const moment of moments) entries.push(ofMoment(moment));
  if (job.started_at !== null) {
    if (!moments.some(({ status }) => status === "processing")) {
      const stage = { stage: "transcribing", progress: 0, message: "" } as const;
      entries.push({ kind: "stage", at: job.started_at, ...stage });
    }
    if (requestedModel !== null && job.model !== null && requestedModel !== job.model) {
      entries.push({ kind: "model", at: job.started_at, asked: requestedModel, used: job.model });
    }
  }
  const restart = restarted(job, moments, serviceStarted);
  if (restart !== null) entries.push(restart);
  const end = job.completed_at;
  if (job.attempt > 1 && !moments.some(({ stage }) => stage === "retrying")) {
    entries.push({ kind: "attempts", at: end ?? job.created_at, attempt: job.attempt });
  }
  if (end !== null && isEnd(job.status) && !moments.some(({ at }) => at >= end)) {
    entries.push({ kind: job.status, at: end, message: job.error?.message ?? "" });
  }
  return entries
    .map((entry, index) => ({ entry, index }))
    .sort((a, b) => time(a.entry.at) - time(b.entry.at) || a.index - b.index)
    .map(({ entry }) => entry);
}

function ofMoment({ at, status, stage, progress, message }: Moment): Entry {
  if (isEnd(status)) return { kind: status, at, message };
  return { kind: "stage", at, stage, progress, message };
}

/** A service that was started after the job came, and before it ended, was restarted meanwhile. */
function restarted(job: Job, moments: readonly Moment[], started: string | null): Entry | null {
  if (started === null || time(started) <= time(job.created_at)) return null;
  if (job.completed_at !== null && time(started) >= time(job.completed_at)) return null;
  const before = moments.filter(({ at }) => time(at) < time(started)).at(-1);
  const after = moments.find(({ at }) => time(at) >= time(started));
  const progress = after?.progress ?? before?.progress ?? job.progress;
  return { kind: "restart", at: started, progress };
}

function isEnd(status: Job["status"]): status is "completed" | "failed" | "cancelled" {
  return status === "completed" || status === "failed" || status === "cancelled";
}

function time(iso: string): number {
  return Date.parse(iso);
}

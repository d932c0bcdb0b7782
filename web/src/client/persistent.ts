/**
 * A job as an application's own database knows it, which the service keeps up to date. It costs no
 * socket, and is there when the service is not. Beside it the service is asked now and then: when it
 * knows more than the database for too long, the database is behind, and the service is followed.
 *
 * The database is given as a function that watches a record; nothing of Convex is imported here.
 */
import type { Clock } from "./clock";
import type { RetenderClient } from "./service";
import { isFinished, type Job, type JobStatus, type Result } from "./shapes";

/** As the service writes it: `version` is the number of the job's last event. */
export interface PersistentRecord {
  readonly version: number;
  readonly status: JobStatus;
  readonly stage: string;
  readonly progress: number;
  readonly message: string;
  readonly error?: unknown;
  readonly result?: Result | null;
}

/** Tells of the record as it is and at each change, until the returned function is called. Null:
 * there is none (yet). */
export type WatchRecord = (
  jobId: string,
  tell: (record: PersistentRecord | null) => void,
  failed: (error: Error) => void,
) => () => void;

/** Either, or what loads it: then it is loaded with the first job that is looked at. */
export type RecordSource = WatchRecord | { readonly load: () => Promise<WatchRecord> };

/** What this needs of a `ConvexClient` from `convex/browser`. */
export interface ConvexLike<Query> {
  onUpdate(
    query: Query,
    args: { jobId: string },
    tell: (value: unknown) => void,
    failed?: (error: Error) => void,
  ): () => void;
}

/** `read` makes a record of what the query answers; by default that is one. */
export function convexSource<Query>(
  convex: ConvexLike<Query>,
  query: Query,
  read = (value: unknown) => value as PersistentRecord | null,
): WatchRecord {
  return (jobId, tell, failed) =>
    convex.onUpdate(query, { jobId }, (value) => tell(read(value)), failed);
}

export interface PersistentView {
  readonly status: JobStatus | null;
  readonly stage: string;
  readonly progress: number;
  readonly message: string;
  readonly result: Result | null;
  /** Which of the two knew more. */
  readonly from: "database" | "service" | null;
  /** The database does not keep up. */
  readonly stuck: boolean;
  readonly error: Error | null;
}

export interface PersistentOptions {
  /** Milliseconds between two looks at the service; while the database is behind; and how long it
   * may be. */
  readonly beside?: number;
  readonly behind?: number;
  readonly stuckAfter?: number;
}

const BESIDE = 10_000;
const BEHIND = 2000;
const STUCK_AFTER = 30_000;

const NOTHING: PersistentView = {
  status: null,
  stage: "",
  progress: 0,
  message: "",
  result: null,
  from: null,
  stuck: false,
  error: null,
};

export class PersistentJob {
  readonly #client: RetenderClient;
  readonly #jobId: string;
  readonly #source: RecordSource;
  readonly #options: PersistentOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #view: PersistentView = NOTHING;
  #record: PersistentRecord | null = null;
  #job: Job | null = null;
  #error: Error | null = null;
  #changedAt = 0;
  #life: AbortController | null = null;
  #unwatch: (() => void) | null = null;
  #next: (() => void) | null = null;

  constructor(
    client: RetenderClient,
    jobId: string,
    source: RecordSource,
    options: PersistentOptions = {},
  ) {
    this.#client = client;
    this.#jobId = jobId;
    this.#source = source;
    this.#options = options;
    this.#clock = client.http.clock;
  }

  readonly getSnapshot = (): PersistentView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  async #begin(): Promise<void> {
    const life = new AbortController();
    this.#life = life;
    this.#changedAt = this.#clock.now();
    this.#schedule();
    await Promise.resolve();
    if (life.signal.aborted) return;
    try {
      const source = this.#source;
      const watch = typeof source === "function" ? source : await source.load();
      if (life.signal.aborted) return;
      this.#unwatch = watch(this.#jobId, this.#recorded, this.#failed);
    } catch (error) {
      if (!life.signal.aborted) this.#failed(error as Error);
    }
  }

  #end(): void {
    this.#life?.abort();
    this.#life = null;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#next?.();
    this.#next = null;
  }

  readonly #recorded = (record: PersistentRecord | null): void => {
    this.#record = record;
    this.#error = null;
    this.#changedAt = this.#clock.now();
    this.#show();
  };

  /** Then the service is all there is. */
  readonly #failed = (error: Error): void => {
    this.#error = error;
    this.#show();
    void this.#ask();
  };

  #schedule(): void {
    const { beside = BESIDE, behind = BEHIND } = this.#options;
    this.#next?.();
    this.#next = this.#clock.after(this.#view.stuck ? behind : beside, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const signal = this.#life?.signal;
    if (signal === undefined) return;
    try {
      this.#job = await this.#newest(signal);
    } catch {
      // What the database says still holds; the next look may tell more.
    }
    if (signal.aborted) return;
    this.#show();
    const known = this.#record !== null && isFinished(this.#record.status);
    const told = this.#job !== null && isFinished(this.#job.status);
    if (!known && !(told && this.#view.stuck)) this.#schedule();
  }

  /** With its result only where the database does not have it. */
  async #newest(signal: AbortSignal): Promise<Job> {
    const job = await this.#client.job(this.#jobId, { signal, text: false });
    const isBehind = job.seq > (this.#record?.version ?? -1);
    if (job.status !== "completed" || !isBehind) return job;
    return this.#client.job(this.#jobId, { signal });
  }

  #show(): void {
    const { stuckAfter = STUCK_AFTER } = this.#options;
    const version = this.#record?.version ?? -1;
    const isBehind = this.#job !== null && this.#job.seq > version;
    const waited = this.#clock.now() - this.#changedAt >= stuckAfter;
    const stuck = isBehind && (waited || this.#error !== null);
    const { status, stage, progress, message } = (isBehind ? this.#job : this.#record) ?? NOTHING;
    const result = (isBehind ? this.#job?.result : this.#record?.result) ?? null;
    const from = isBehind ? "service" : this.#record === null ? null : "database";
    this.#view = { status, stage, progress, message, result, from, stuck, error: this.#error };
    for (const listener of [...this.#listeners]) listener();
  }
}

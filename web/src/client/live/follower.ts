/**
 * One job as somebody looks at it: where it is now, asked once; then, unless it has ended, its news
 * as they come. It follows while somebody is subscribed, and a moment longer: a page that draws
 * itself anew, or goes to another view and back, does not open another socket.
 */
import type { Http } from "../http";
import { isFinished, type Job, type Result, type Segment } from "../shapes";
import { type Carriers, carriers } from "./carriers";
import { type ConnectionState, JobConnection } from "./connection";
import type { Limits } from "./link";
import { type Frames, JobStore } from "./store";
import { browser, type Surroundings } from "./surroundings";
import type { JobView } from "./view";

export interface FollowOptions {
  readonly surroundings?: Surroundings;
  readonly limits?: Limits;
  readonly frames?: Frames;
  readonly carriers?: (http: Http, jobId: string) => Carriers;
  /** Milliseconds after the last one has left. */
  readonly linger?: number;
}

export interface Followed {
  readonly view: JobView;
  readonly connection: ConnectionState;
}

const LINGER = 1000;

export class JobFollower {
  readonly jobId: string;
  readonly #http: Http;
  readonly #linger: number;
  readonly #store: JobStore;
  readonly #connection: JobConnection;
  readonly #listeners = new Set<() => void>();
  readonly #presence: (here: boolean) => void;
  #followed: Followed;
  #leaving: (() => void) | null = null;
  #asking: AbortController | null = null;
  #fetching = false;

  constructor(
    http: Http,
    jobId: string,
    options: FollowOptions = {},
    presence = (_here: boolean) => {},
  ) {
    this.jobId = jobId;
    this.#http = http;
    this.#presence = presence;
    this.#linger = options.linger ?? LINGER;
    this.#store = new JobStore(jobId, http.clock, options.frames);
    this.#connection = new JobConnection({
      carriers: (options.carriers ?? carriers)(http, jobId),
      clock: http.clock,
      surroundings: options.surroundings ?? browser,
      deliver: this.#store.push,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#followed = this.#now();
    this.#store.subscribe(this.#changed);
    this.#connection.subscribe(() => {
      // An end is not shown before what it is the end of.
      this.#store.flush();
      this.#changed();
    });
    // One that nobody comes to, as of a drawing that was given up, is forgotten.
    this.#leave();
  }

  readonly getSnapshot = (): Followed => this.#followed;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#leaving?.();
    this.#leaving = null;
    this.#presence(true);
    this.#listeners.add(listener);
    if (this.#asking === null) void this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#leave();
    };
  };

  retryNow(): void {
    this.#connection.retryNow();
  }

  /** Look again where the job is: after a retry, or when a key was given. */
  restart(): void {
    if (this.#asking === null) return;
    this.#asking.abort();
    this.#connection.stop();
    void this.#begin();
  }

  /** Place in the queue, model and duration are told only to who asks. False: nobody was asked. */
  refresh(): boolean {
    return this.#connection.say("get_status");
  }

  async #begin(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    // StrictMode leaves and comes back within one turn.
    await Promise.resolve();
    if (asking.signal.aborted) return;
    const path = `/job/${encodeURIComponent(this.jobId)}`;
    try {
      const job = await this.#http.json<Job>(path, { signal: asking.signal });
      const segments = await this.#textOf(job, asking.signal);
      this.#store.push({ type: "snapshot", job, segments });
      // The whole of a job that has ended is here.
      if (isFinished(job.status)) {
        this.#store.flush();
        return;
      }
    } catch {
      // The connection comes to the same refusal, or waits until the service is there again.
    }
    if (!asking.signal.aborted) this.#connection.start();
  }

  async #textOf(job: Job, signal: AbortSignal): Promise<readonly Segment[] | null> {
    if (!isFinished(job.status)) return null;
    if (job.result != null) return job.result.segments;
    const query = { format: "json", partial: true };
    const path = `/job/${encodeURIComponent(this.jobId)}/result`;
    // What a job has said before it failed is shown where it can be had.
    const part = await this.#http.json<Result>(path, { query, signal }).catch(() => null);
    return part?.segments ?? null;
  }

  #leave(): void {
    this.#leaving?.();
    this.#leaving = this.#http.clock.after(this.#linger, () => this.#end());
  }

  #end(): void {
    this.#leaving = null;
    this.#asking?.abort();
    this.#asking = null;
    this.#connection.stop();
    this.#presence(false);
  }

  readonly #changed = (): void => {
    const { view, connection } = this.#now();
    if (view.resultUrl !== null && view.result === null) void this.#fetchResult();
    if (this.#followed.view === view && this.#followed.connection === connection) return;
    this.#followed = { view, connection };
    for (const listener of [...this.#listeners]) listener();
  };

  async #fetchResult(): Promise<void> {
    if (this.#fetching || this.#asking === null) return;
    this.#fetching = true;
    const path = `/job/${encodeURIComponent(this.jobId)}`;
    const { signal } = this.#asking;
    const job = await this.#http.json<Job>(path, { signal }).catch(() => null);
    if (job?.result != null) {
      this.#store.push({ type: "snapshot", job, segments: job.result.segments });
    }
    this.#fetching = false;
  }

  #now(): Followed {
    return { view: this.#store.getSnapshot(), connection: this.#connection.getState() };
  }
}

/** One follower to a job, however many look at it. */
export class Followers {
  readonly #http: Http;
  readonly #options: FollowOptions;
  readonly #followers = new Map<string, JobFollower>();

  constructor(http: Http, options: FollowOptions = {}) {
    this.#http = http;
    this.#options = options;
  }

  /** Null: nobody looks at it. */
  known(jobId: string): JobFollower | null {
    return this.#followers.get(jobId) ?? null;
  }

  of(jobId: string): JobFollower {
    const known = this.#followers.get(jobId);
    if (known !== undefined) return known;
    const follower = new JobFollower(this.#http, jobId, this.#options, (here) => {
      if (here) this.#followers.set(jobId, follower);
      else if (this.#followers.get(jobId) === follower) this.#followers.delete(jobId);
    });
    this.#followers.set(jobId, follower);
    return follower;
  }
}

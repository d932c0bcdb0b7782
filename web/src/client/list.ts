/**
 * The list of jobs, by one question now and then: often while something on it is under way, seldom
 * otherwise, and never while nobody can see it.
 */
import type { Clock } from "./clock";
import { RetenderError } from "./errors";
import type { Surroundings } from "./live/surroundings";
import type { Listing, RetenderClient } from "./service";
import { isFinished, type ListedJob } from "./shapes";

export interface JobsView {
  readonly jobs: readonly ListedJob[];
  readonly hasMore: boolean;
  /** Nothing has come yet. */
  readonly loading: boolean;
  readonly loadingMore: boolean;
  /** Why the last question failed. What was known before stays. */
  readonly error: RetenderError | null;
}

export type ListedBy = Pick<Listing, "status" | "q" | "limit">;

export interface ListOptions {
  readonly surroundings: Surroundings;
  readonly isVisible?: () => boolean;
  /** Milliseconds. */
  readonly often?: number;
  readonly seldom?: number;
}

const OFTEN = 2000;
const SELDOM = 10_000;
const PAGE = 50;

export class JobList {
  readonly #client: RetenderClient;
  readonly #by: ListedBy;
  readonly #options: ListOptions;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #view: JobsView = {
    jobs: [],
    hasMore: false,
    loading: true,
    loadingMore: false,
    error: null,
  };
  #cursor: string | null = null;
  /** How many pages are shown: as many are asked for anew. */
  #pages = 1;
  #asking: AbortController | null = null;
  #next: (() => void) | null = null;
  #unwatch: (() => void) | null = null;

  constructor(client: RetenderClient, by: ListedBy, options: ListOptions) {
    this.#client = client;
    this.#by = by;
    this.#options = options;
    this.#clock = client.http.clock;
  }

  readonly getSnapshot = (): JobsView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  readonly refresh = async (): Promise<void> => {
    this.#next?.();
    this.#next = null;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    // StrictMode leaves and comes back within one turn.
    await Promise.resolve();
    try {
      if (!asking.signal.aborted) await this.#readAll(asking.signal);
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof RetenderError)) throw error;
      this.#show({ error, loading: false, loadingMore: false });
    }
    if (!asking.signal.aborted) this.#schedule();
  };

  readonly loadMore = (): Promise<void> => {
    if (this.#cursor === null || this.#view.loadingMore) return Promise.resolve();
    this.#pages += 1;
    this.#show({ loadingMore: true });
    return this.refresh();
  };

  #begin(): void {
    this.#unwatch = this.#options.surroundings.watch((what) => {
      if (what !== "offline") void this.refresh();
    });
    void this.refresh();
  }

  #end(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#asking?.abort();
    this.#next?.();
    this.#next = null;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const jobs: ListedJob[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < this.#pages; page += 1) {
      const asked: Listing = { limit: PAGE, ...this.#by, signal };
      const answer = await this.#client.jobs(cursor === null ? asked : { ...asked, cursor });
      jobs.push(...answer.jobs);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    if (signal.aborted) return;
    this.#cursor = cursor;
    this.#show({
      jobs: kept(this.#view.jobs, jobs),
      hasMore: cursor !== null,
      loading: false,
      loadingMore: false,
      error: null,
    });
  }

  #schedule(): void {
    const { often = OFTEN, seldom = SELDOM } = this.#options;
    const busy = this.#view.jobs.some(({ status }) => !isFinished(status));
    this.#next = this.#clock.after(busy && this.#view.error === null ? often : seldom, () => {
      this.#next = null;
      if (this.#canAsk()) void this.refresh();
      else this.#schedule();
    });
  }

  #canAsk(): boolean {
    const { surroundings, isVisible = pageIsVisible } = this.#options;
    return surroundings.online() && isVisible();
  }

  #show(change: Partial<JobsView>): void {
    const next = { ...this.#view, ...change };
    const same = (Object.keys(next) as (keyof JobsView)[]).every(
      (name) => next[name] === this.#view[name],
    );
    if (same) return;
    this.#view = next;
    for (const listener of [...this.#listeners]) listener();
  }
}

function pageIsVisible(): boolean {
  return globalThis.document?.visibilityState !== "hidden";
}

/** What has not changed stays the same object, so that its row need not be drawn anew. */
function kept(before: readonly ListedJob[], now: readonly ListedJob[]): readonly ListedJob[] {
  const known = new Map(before.map((job) => [job.job_id, job]));
  const jobs = now.map((job) => {
    const old = known.get(job.job_id);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(job) ? old : job;
  });
  const same = jobs.length === before.length && jobs.every((job, at) => job === before[at]);
  return same ? before : jobs;
}

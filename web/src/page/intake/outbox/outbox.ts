/**
 * Recordings on their way to the service. Each is kept in the browser from the moment it is added
 * until its job is accepted: a closed tab, a lost network and a refusal lose nothing.
 *
 *     saving ──► waiting ──► uploading ──► (accepted: it is a job, and gone from here)
 *                   ▲            │
 *                   ├── passing ─┤            again at `retryAt`, or when the network is back
 *                   └─ retry() ── refused     the service said no, and would again
 */

import type { ResumableOptions } from "../../../client";
import {
  type Clock,
  newIdempotencyKey,
  RetenderError,
  type ServiceError,
  type SubmitOptions,
  type Submitted,
  type Surroundings,
} from "../../../client";
import type { Kept, Shelf } from "./shelf";

export interface Entry extends Kept {
  readonly state: "waiting" | "uploading" | "refused";
  readonly sent: number;
  /** On `clock.now()`: when it is tried again. */
  readonly retryAt: number | null;
  /** In the browser's storage. False: only as long as this page is open. */
  readonly isKept: boolean;
}

/** What is needed of the service. */
export interface Receiver {
  submit(recording: Blob, how: ResumableOptions): Promise<Submitted>;
  submitUrl(url: string, how: ResumableOptions): Promise<Submitted>;
  cancel(jobId: string): Promise<unknown>;
}

export interface OutboxOptions {
  readonly shelf: Shelf;
  readonly receiver: Receiver;
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  /** Milliseconds since 1970. */
  readonly today: () => number;
  /** Runs the work while no other tab works on the same entry. */
  readonly alone: (id: string, work: () => Promise<void>) => Promise<void>;
  readonly accepted: (entry: Kept, jobId: string) => void;
}

const AT_ONCE = 2;
const WAITS = [1000, 3000, 8000, 20_000, 60_000];

interface Work {
  readonly abort: AbortController;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #listeners = new Set<() => void>();
  readonly #working = new Map<string, Work>();
  /** Of what could not be kept, and of what is just being kept. */
  readonly #inMemory = new Map<string, Blob>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();
  #entries: readonly Entry[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.surroundings.watch((what) => {
      if (what === "online") this.#retryAll();
    });
  }

  readonly getSnapshot = (): readonly Entry[] => this.#entries;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Go on with what an earlier life of the page has left. */
  async open(): Promise<void> {
    const known = new Set(this.#entries.map(({ id }) => id));
    const left = (await this.#options.shelf.all()).filter(({ id }) => !known.has(id));
    const entries = left.map(
      (kept): Entry => ({
        ...kept,
        state: kept.problem === null ? "waiting" : "refused",
        sent: 0,
        retryAt: null,
        isKept: true,
      }),
    );
    this.#show([...entries, ...this.#entries]);
    this.#pump();
  }

  /** Its upload begins at once, while it is being kept. Settles once it is kept (true), or cannot
   * be (false). */
  async add(recording: Blob, name: string, options: SubmitOptions): Promise<boolean> {
    const entry = this.#fresh(name, recording.size, options, null);
    this.#inMemory.set(entry.id, recording);
    return this.#take(entry, recording);
  }

  async addUrl(url: string, options: SubmitOptions): Promise<void> {
    await this.#take(this.#fresh(url, 0, options, url), null);
  }

  /** Until the job is accepted. What was sent with other options is sent again. */
  async change(id: string, options: SubmitOptions): Promise<void> {
    const entry = this.#find(id);
    if (entry === undefined) return;
    await this.#giveUp(entry);
    await this.#again(id, { options, key: newIdempotencyKey(), uploadUrl: null, jobId: null });
  }

  async retry(id: string): Promise<void> {
    const entry = this.#find(id);
    if (entry === undefined || this.#working.has(id)) return;
    // The service remembers what became of a key: another attempt after a refusal is a new one.
    const anew = entry.state === "refused";
    const fresh = { key: newIdempotencyKey(), uploadUrl: null, jobId: null };
    await this.#again(id, anew ? fresh : {});
  }

  async remove(id: string): Promise<void> {
    const entry = this.#find(id);
    if (entry === undefined) return;
    this.#forget(id);
    await this.#options.shelf.remove(id).catch(ignored);
    await this.#giveUp(entry);
  }

  async recording(id: string): Promise<Blob | null> {
    return this.#inMemory.get(id) ?? (await this.#options.shelf.recording(id));
  }

  #fresh(name: string, size: number, options: SubmitOptions, url: string | null): Entry {
    return {
      id: newIdempotencyKey(),
      name,
      size,
      addedAt: this.#options.today(),
      options,
      key: newIdempotencyKey(),
      uploadUrl: null,
      jobId: null,
      url,
      problem: null,
      state: "waiting",
      sent: 0,
      retryAt: null,
      isKept: false,
    };
  }

  async #take(entry: Entry, recording: Blob | null): Promise<boolean> {
    this.#show([...this.#entries, entry]);
    this.#pump();
    try {
      await this.#options.shelf.keep(kept(entry), recording);
    } catch (error) {
      // No room, or no storage at all: it goes as long as the page is open, and is marked so.
      if (!(error instanceof DOMException)) throw error;
      return false;
    }
    const now = this.#find(entry.id);
    if (now === undefined) {
      // Accepted or removed while it was written.
      await this.#options.shelf.remove(entry.id);
      return true;
    }
    this.#set(entry.id, { isKept: true });
    await this.#options.shelf.update(kept(now));
    if (!this.#working.has(entry.id)) this.#inMemory.delete(entry.id);
    return true;
  }

  async #again(id: string, change: Partial<Kept>): Promise<void> {
    this.#failures.delete(id);
    this.#set(id, { ...change, problem: null, state: "waiting", sent: 0, retryAt: null });
    await this.#save(id);
    this.#pump();
  }

  #pump(): void {
    const { clock } = this.#options;
    for (const entry of this.#entries) {
      if (this.#working.size >= AT_ONCE) return;
      const due = entry.retryAt === null || entry.retryAt <= clock.now();
      if (entry.state === "waiting" && due && !this.#working.has(entry.id)) this.#begin(entry.id);
    }
  }

  #begin(id: string): void {
    const work: Work = { abort: new AbortController() };
    this.#working.set(id, work);
    const run = () => this.#upload(id, work.abort.signal);
    void this.#options.alone(id, run).finally(() => {
      if (this.#working.get(id) === work) this.#working.delete(id);
      this.#pump();
    });
  }

  async #upload(id: string, signal: AbortSignal): Promise<void> {
    const entry = this.#find(id);
    if (entry === undefined || signal.aborted) return;
    const recording = entry.url === null ? await this.recording(id) : null;
    if (entry.url === null && recording === null) {
      // Another tab has handed it in.
      this.#forget(id);
      return;
    }
    this.#set(id, { state: "uploading", retryAt: null });
    try {
      const { jobId } = await this.#submit(entry, recording, signal);
      if (signal.aborted) return;
      this.#forget(id);
      this.#options.accepted(kept(entry), jobId);
      await this.#options.shelf.remove(id).catch(ignored);
    } catch (error) {
      if (!signal.aborted) await this.#failed(id, error);
    }
  }

  #submit(entry: Entry, recording: Blob | null, signal: AbortSignal): Promise<Submitted> {
    const how: ResumableOptions = {
      options: entry.options,
      idempotencyKey: entry.key,
      filename: entry.name,
      signal,
      onProgress: ({ sent }) => this.#set(entry.id, { sent }),
      onBegun: ({ jobId, uploadUrl }) => {
        this.#set(entry.id, { jobId, uploadUrl });
        void this.#save(entry.id);
      },
      ...(entry.uploadUrl === null ? {} : { uploadUrl: entry.uploadUrl }),
    };
    return recording === null
      ? this.#options.receiver.submitUrl(entry.url ?? "", how)
      : this.#options.receiver.submit(recording, how);
  }

  async #failed(id: string, error: unknown): Promise<void> {
    const isKnown = error instanceof RetenderError;
    const code = isKnown && "code" in error ? (error as ServiceError).code : "network";
    const problem = { code, message: error instanceof Error ? error.message : String(error) };
    if (isKnown && (error.passing || code === "unauthorized")) {
      this.#waitAndRetry(id, problem, error);
      return;
    }
    if (!isKnown) problem.code = "unknown";
    this.#set(id, { state: "refused", problem, sent: 0 });
    await this.#save(id);
  }

  #waitAndRetry(id: string, problem: Entry["problem"], error: RetenderError): void {
    const { clock } = this.#options;
    const failures = this.#failures.get(id) ?? 0;
    this.#failures.set(id, failures + 1);
    const asked = "retryAfter" in error ? Number(error.retryAfter ?? 0) * 1000 : 0;
    const wait = Math.max(asked, WAITS[Math.min(failures, WAITS.length - 1)] ?? 0);
    this.#set(id, { state: "waiting", problem, retryAt: clock.now() + wait });
    this.#timers.get(id)?.();
    this.#timers.set(
      id,
      clock.after(wait, () => this.#pump()),
    );
  }

  #retryAll(): void {
    for (const { id, state } of this.#entries) {
      if (state === "waiting") this.#set(id, { retryAt: null });
    }
    this.#pump();
  }

  /** Its upload stops, and the job that may have begun with it is called off. */
  async #giveUp({ id, jobId }: Entry): Promise<void> {
    const work = this.#working.get(id);
    this.#working.delete(id);
    work?.abort.abort();
    if (jobId !== null) await this.#options.receiver.cancel(jobId).catch(ignored);
  }

  async #save(id: string): Promise<void> {
    const entry = this.#find(id);
    if (entry?.isKept) await this.#options.shelf.update(kept(entry)).catch(ignored);
  }

  #forget(id: string): void {
    this.#inMemory.delete(id);
    this.#failures.delete(id);
    this.#timers.get(id)?.();
    this.#timers.delete(id);
    this.#show(this.#entries.filter((entry) => entry.id !== id));
  }

  #find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }

  #set(id: string, change: Partial<Entry>): void {
    this.#show(this.#entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  #show(entries: readonly Entry[]): void {
    this.#entries = entries;
    for (const listener of [...this.#listeners]) listener();
  }
}

function kept(entry: Entry): Kept {
  const { id, name, size, addedAt, options, key, uploadUrl, jobId, url, problem } = entry;
  const lasting = entry.state === "refused" ? problem : null;
  return { id, name, size, addedAt, options, key, uploadUrl, jobId, url, problem: lasting };
}

/** What cannot be written now is written with the next change, or was not needed. */
function ignored(): void {}

/**
 * Whether the service answers, and how it is: asked now and then, more seldom the longer it stays
 * away, not at all without a network or while nobody looks.
 */
import { type Clock, type Health, RetenderError, type Surroundings } from "../../client";

export interface ServiceView {
  readonly health: Health | null;
  readonly phase: "unknown" | "reachable" | "lost" | "trying" | "offline";
  /** When it last took up the jobs; null: not known. */
  readonly startedAt: string | null;
  /** On `clock.now()`, while it is lost: when it is asked next. */
  readonly retryAt: number | null;
}

export interface WatchOptions {
  readonly ask: () => Promise<Health>;
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  readonly isVisible: () => boolean;
}

const EVERY = 15_000;
/** Until it is whole. */
const OFTEN = 4000;
const WAITS = [2000, 4000, 8000, 15_000, 30_000];

export class ServiceWatch {
  readonly #options: WatchOptions;
  readonly #listeners = new Set<() => void>();
  #view: ServiceView = { health: null, startedAt: null, phase: "unknown", retryAt: null };
  #failures = 0;
  #asking = false;
  #next: (() => void) | null = null;
  #unwatch: (() => void) | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  readonly getSnapshot = (): ServiceView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  };

  readonly askNow = async (): Promise<void> => {
    if (this.#asking) return;
    this.#asking = true;
    this.#next?.();
    this.#next = null;
    if (this.#view.phase === "lost") this.#show({ phase: "trying", retryAt: null });
    try {
      const health = await this.#options.ask();
      this.#failures = 0;
      const startedAt = health.started_at ?? this.#view.startedAt;
      this.#show({ health, startedAt, phase: "reachable", retryAt: null });
      this.#after(health.status === "healthy" ? EVERY : OFTEN);
    } catch (error) {
      if (!(error instanceof RetenderError)) throw error;
      this.#lost();
    } finally {
      this.#asking = false;
    }
  };

  #lost(): void {
    if (!this.#options.surroundings.online()) {
      this.#show({ phase: "offline", retryAt: null });
      return;
    }
    const wait = WAITS[Math.min(this.#failures, WAITS.length - 1)] ?? EVERY;
    this.#failures += 1;
    this.#show({ phase: "lost", retryAt: this.#options.clock.now() + wait });
    this.#after(wait);
  }

  #after(wait: number): void {
    this.#next?.();
    if (this.#listeners.size === 0) return;
    this.#next = this.#options.clock.after(wait, () => {
      if (this.#options.isVisible()) void this.askNow();
      else this.#after(wait);
    });
  }

  #begin(): void {
    this.#unwatch = this.#options.surroundings.watch((what) => {
      if (what !== "offline") void this.askNow();
      else this.#show({ phase: "offline", retryAt: null });
    });
    void this.askNow();
  }

  #end(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#next?.();
    this.#next = null;
  }

  #show(change: Partial<ServiceView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

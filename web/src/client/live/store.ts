/**
 * The view of a job, for those who draw it. Deliveries are queued and worked in once a frame, however
 * many come; a timer stands beside the frame, for hidden pages have none.
 */
import type { Clock } from "../clock";
import type { Delivery } from "./link";
import { type JobView, reduced, unknownJob } from "./view";

/** Calls back before the next frame is drawn, unless the returned function is called before. */
export type Frames = (run: () => void) => () => void;

const BESIDE_FRAMES = 250;

export const browserFrames: Frames = (run) => {
  if (typeof requestAnimationFrame !== "function") return () => {};
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
};

export class JobStore {
  readonly #clock: Clock;
  readonly #frames: Frames;
  readonly #listeners = new Set<() => void>();
  #queue: Delivery[] = [];
  #view: JobView;
  #unschedule: (() => void) | null = null;

  constructor(jobId: string, clock: Clock, frames: Frames = browserFrames) {
    this.#view = unknownJob(jobId);
    this.#clock = clock;
    this.#frames = frames;
  }

  readonly getSnapshot = (): JobView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly push = (delivery: Delivery): void => {
    this.#queue.push(delivery);
    this.#unschedule ??= this.#schedule();
  };

  /** Work in at once what is queued. */
  readonly flush = (): void => {
    this.#unschedule?.();
    this.#unschedule = null;
    if (this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = [];
    const view = reduced(this.#view, queue);
    if (view === this.#view) return;
    this.#view = view;
    for (const listener of [...this.#listeners]) listener();
  };

  #schedule(): () => void {
    const cancelFrame = this.#frames(this.flush);
    const cancelTimer = this.#clock.after(BESIDE_FRAMES, this.flush);
    return () => {
      cancelFrame();
      cancelTimer();
    };
  }
}

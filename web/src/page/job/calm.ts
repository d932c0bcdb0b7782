/**
 * A job for who reads along. News come up to once a frame; nobody reads that fast, and a long text
 * is much to draw. So what is only more of the same is shown a few times a second; another status or
 * stage, and the state of the connection, at once.
 */
import type { Clock, Followed } from "../../client";

const EVERY_MS = 400;

/** A `JobFollower`, as far as it is looked at here. */
export interface Followable {
  readonly getSnapshot: () => Followed;
  readonly subscribe: (listener: () => void) => () => void;
}

export class Calm {
  readonly #follower: Followable;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #shown: Followed;
  #shownAt = Number.NEGATIVE_INFINITY;
  #later: (() => void) | null = null;
  #leave: (() => void) | null = null;

  constructor(follower: Followable, clock: Clock) {
    this.#follower = follower;
    this.#clock = clock;
    this.#shown = follower.getSnapshot();
  }

  readonly getSnapshot = (): Followed => {
    if (this.#leave === null) this.#shown = this.#follower.getSnapshot();
    return this.#shown;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#leave ??= this.#follower.subscribe(this.#changed);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#later?.();
      this.#later = null;
      this.#leave?.();
      this.#leave = null;
    };
  };

  readonly #changed = (): void => {
    const next = this.#follower.getSnapshot();
    const wait = this.#shownAt + EVERY_MS - this.#clock.now();
    if (wait <= 0 || isUrgent(this.#shown, next)) this.#show();
    else this.#later ??= this.#clock.after(wait, this.#show);
  };

  readonly #show = (): void => {
    this.#later?.();
    this.#later = null;
    this.#shown = this.#follower.getSnapshot();
    this.#shownAt = this.#clock.now();
    for (const listener of [...this.#listeners]) listener();
  };
}

function isUrgent(shown: Followed, next: Followed): boolean {
  return (
    shown.connection !== next.connection ||
    shown.view.status !== next.view.status ||
    shown.view.stage !== next.view.stage ||
    shown.view.job !== next.view.job
  );
}

const known = new WeakMap<Followable, Calm>();

/** One for all who look at the same job. */
export function calmOf(follower: Followable, clock: Clock): Calm {
  const before = known.get(follower);
  if (before !== undefined) return before;
  const calm = new Calm(follower, clock);
  known.set(follower, calm);
  return calm;
}

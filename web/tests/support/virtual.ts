import type { Clock, Surroundings } from "../../src/client";

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** Time that passes when a test says so. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();
  readonly #random: () => number;

  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.#random();
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { due: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** All that is due meanwhile happens at its time, with what follows from it. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let next = this.#first(end); next !== null; next = this.#first(end)) {
      this.#timers.delete(next);
      this.#now = next.due;
      next.run();
      await settled();
    }
    this.#now = end;
  }

  get waiting(): number {
    return this.#timers.size;
  }

  #first(end: number): Timer | null {
    const due = [...this.#timers].filter((timer) => timer.due <= end);
    return due.sort((one, other) => one.due - other.due)[0] ?? null;
  }
}

/** Until promises that wait for nothing else have come to their ends. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((done) => setImmediate(done));
}

export class VirtualSurroundings implements Surroundings {
  #online = true;
  readonly #listeners = new Set<(what: "online" | "offline" | "visible") => void>();

  online(): boolean {
    return this.#online;
  }

  watch(tell: (what: "online" | "offline" | "visible") => void): () => void {
    this.#listeners.add(tell);
    return () => {
      this.#listeners.delete(tell);
    };
  }

  happen(what: "online" | "offline" | "visible"): void {
    if (what !== "visible") this.#online = what === "online";
    for (const tell of [...this.#listeners]) tell(what);
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }
}

/** mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Parts of the page that are loaded when they are needed. The service may be starting anew just then. */
import { type ComponentType, lazy } from "react";
import { type Clock, realClock } from "../../client";

const PAUSES = [1000, 2000, 4000, 8000, 15_000];

interface Retrying {
  readonly clock?: Clock;
  /** For what nobody waits for, and nobody would load by hand. */
  readonly forever?: boolean;
}

/** Asks for a part again, later and later. */
export async function loadPart<T>(
  load: () => Promise<T>,
  { clock = realClock, forever = false }: Retrying = {},
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await load();
    } catch (error) {
      const pause = PAUSES[forever ? Math.min(failures, PAUSES.length - 1) : failures];
      if (pause === undefined) throw error;
      await new Promise<void>((resume) => clock.after(pause, resume));
    }
  }
}

export function part<P>(load: () => Promise<ComponentType<P>>, how: Retrying = {}) {
  return lazy(async () => ({ default: await loadPart(load, how) }));
}

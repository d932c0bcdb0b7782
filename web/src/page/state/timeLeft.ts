/**
 * When a job will be done, told only once it is stable. The service's estimate jumps while a job
 * gets going: what is followed here is the moment of the end that each estimate means.
 */
export interface Estimates {
  /** Moments of the end, in milliseconds, of the last estimates. */
  readonly ends: readonly number[];
}

export const NO_ESTIMATES: Estimates = { ends: [] };

const KEPT = 5;
const ENOUGH = 3;
/** They may lie apart by so much of the time left, and by so many milliseconds. */
const SPREAD = 0.25;
const AT_LEAST = 5000;

export function estimated(before: Estimates, secondsLeft: number | null, now: number): Estimates {
  if (secondsLeft === null) return NO_ESTIMATES;
  return { ends: [...before.ends, now + secondsLeft * 1000].slice(-KEPT) };
}

/** The moment of the end in milliseconds; null: not stable yet. */
export function stableEnd({ ends }: Estimates, now: number): number | null {
  const last = ends.slice(-ENOUGH);
  if (last.length < ENOUGH) return null;
  const [least, most] = [Math.min(...last), Math.max(...last)];
  const mean = last.reduce((sum, end) => sum + end, 0) / last.length;
  const allowed = Math.max(AT_LEAST, (mean - now) * SPREAD);
  return most - least <= allowed ? mean : null;
}

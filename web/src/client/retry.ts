import { type Clock, pause } from "./clock";
import { RetenderError, ServiceError } from "./errors";

/** Full jitter: anything up to a bound that doubles, so that many who lost the service at the same
 * moment do not come back at the same moment. */
export function backoff(
  failures: number,
  random: number,
  bounds: { readonly base: number; readonly most: number },
): number {
  return random * Math.min(bounds.most, bounds.base * 2 ** failures);
}

const TRIES = 3;
const BOUNDS = { base: 500, most: 8000 };
/** Who is told to wait longer than this is told so, and not made to wait unknowingly. */
const MOST_DELAY = 10_000;

/** For what may be asked again without harm: reading, and what carries an idempotency key. */
export async function retried<T>(
  clock: Clock,
  ask: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      const wait = waitAfter(error, failures, clock.random());
      if (wait === null) throw error;
      await pause(clock, wait, signal);
    }
  }
}

/** In milliseconds; null: another try is of no use. */
export function waitAfter(error: unknown, failures: number, random: number): number | null {
  if (!(error instanceof RetenderError) || !error.passing || failures + 1 >= TRIES) return null;
  const asked = error instanceof ServiceError ? (error.retryAfter ?? 0) * 1000 : 0;
  return asked > MOST_DELAY ? null : asked + backoff(failures, random, BOUNDS);
}

/** How fast a job gets on: seconds of the recording in one second, over the last while. */
export interface Pace {
  readonly samples: readonly { readonly at: number; readonly done: number }[];
}

export const NO_PACE: Pace = { samples: [] };

const WINDOW_MS = 30_000;
const LEAST_MS = 3000;

/** `now` in milliseconds, `done` in seconds of the recording. */
export function paced({ samples }: Pace, done: number, now: number): Pace {
  const last = samples.at(-1);
  // A job that is begun again has another pace.
  if (last !== undefined && done < last.done) return { samples: [{ at: now, done }] };
  const kept = samples.filter(
    ({ at }, index) => now - at <= WINDOW_MS || index === samples.length - 1,
  );
  return { samples: [...kept, { at: now, done }] };
}

/** Null: too early to say. */
export function speedOf({ samples }: Pace): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
  const speed = ((last.done - first.done) / (last.at - first.at)) * 1000;
  return speed > 0 ? speed : null;
}

/** How much of a recording has its text. */
export interface Stretch {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
}

/** The stretches that are covered, in order; pauses shorter than `pause` count as covered. */
export function covered(pieces: readonly Stretch[], pause = 0): readonly Stretch[] {
  const stretches: { start: number; end: number }[] = [];
  for (const { start, end } of pieces) {
    const last = stretches.at(-1);
    if (last !== undefined && start - last.end <= pause) last.end = Math.max(last.end, end);
    else stretches.push({ start, end });
  }
  return stretches;
}

/** Up to where everything is finished: text comes in the order of the recording. */
export function readyTo(pieces: readonly Stretch[]): number {
  return pieces.at(-1)?.end ?? 0;
}

export interface Shares {
  /** Parts of 1: its text is here; somebody works on it, or it waits for what stands before it. */
  readonly ready: number;
  readonly inWork: number;
}

/** `progress` counts all that is done, in whatever order; text is only handed out in order. */
export function shares(ready: number, progress: number, duration: number): Shares {
  if (duration <= 0) return { ready: 0, inWork: 0 };
  const here = Math.min(1, ready / duration);
  const done = Math.min(1, progress / 100);
  return { ready: here, inWork: Math.max(0, done - here) };
}

/** The words that are worth another look, one after the other. */
import type { Segment } from "../../../client";
import { doubtfulIn, type Placed } from "../text/words";

export interface Doubt extends Placed {
  readonly index: number;
  readonly id: number;
}

export interface Place {
  readonly index: number;
  readonly offset: number;
}

export function doubtsIn(segments: readonly Segment[]): number {
  return segments.reduce((count, segment) => count + doubtfulIn(segment).length, 0);
}

/** The first one behind a place, from the end on the first of all; null: there is none. */
export function nextDoubt(segments: readonly Segment[], after: Place): Doubt | null {
  for (let step = 0; step <= segments.length; step += 1) {
    const index = (after.index + step) % Math.max(1, segments.length);
    const segment = segments[index];
    if (segment === undefined) return null;
    const isSame = step === 0;
    const found = doubtfulIn(segment).find(({ from }) => !isSame || from > after.offset);
    if (found !== undefined) return { ...found, index, id: segment.id };
  }
  return null;
}

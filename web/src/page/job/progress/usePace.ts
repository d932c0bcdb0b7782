import { useState } from "react";
import { NO_PACE, paced, speedOf } from "./pace";

/** Times faster than the recording is played; null: too early to say. */
export function usePace(done: number): number | null {
  const [seen, see] = useState({ done: -1, pace: NO_PACE });
  let { pace } = seen;
  if (seen.done !== done) {
    pace = paced(seen.pace, done, Date.now());
    see({ done, pace });
  }
  return speedOf(pace);
}

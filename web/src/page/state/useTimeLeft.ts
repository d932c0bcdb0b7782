import { useState } from "react";
import { estimated, NO_ESTIMATES, stableEnd } from "./timeLeft";

/** `mark` changes with each news of the job (its number, its progress): the same estimate told
 * twice counts twice. Null: not stable yet. */
export function useTimeLeft(
  secondsLeft: number | null,
  mark: unknown,
): { readonly seconds: number; readonly end: Date } | null {
  const [seen, see] = useState({ mark: undefined as unknown, estimates: NO_ESTIMATES, at: 0 });
  let { estimates, at } = seen;
  if (seen.mark !== mark) {
    at = Date.now();
    estimates = estimated(seen.estimates, secondsLeft, at);
    see({ mark, estimates, at });
  }
  const end = stableEnd(estimates, at);
  return end === null ? null : { seconds: Math.max(0, (end - at) / 1000), end: new Date(end) };
}

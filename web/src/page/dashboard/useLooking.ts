import { useCallback, useEffect, useState } from "react";

export interface Looked<T> {
  readonly value: T | null;
  /** Why the last look failed; what was seen before stays. */
  readonly error: unknown;
  readonly again: () => Promise<void>;
}

const EVERY_MS = 4000;

/** Looks again and again while the page is seen. `look` must stay the same function. */
export function useLooking<T>(look: (signal: AbortSignal) => Promise<T>): Looked<T> {
  const [{ value, error }, show] = useState<{ value: T | null; error: unknown }>({
    value: null,
    error: null,
  });
  const again = useCallback(
    async (signal = new AbortController().signal) => {
      try {
        const next = await look(signal);
        if (!signal.aborted) show({ value: next, error: null });
      } catch (failed) {
        if (!signal.aborted) show(({ value: before }) => ({ value: before, error: failed }));
      }
    },
    [look],
  );
  useEffect(() => {
    const life = new AbortController();
    void again(life.signal);
    const timer = setInterval(() => {
      if (document.visibilityState !== "hidden") void again(life.signal);
    }, EVERY_MS);
    return () => {
      life.abort();
      clearInterval(timer);
    };
  }, [again]);
  return { value, error, again: useCallback(() => again(), [again]) };
}

import { useEffect, useState } from "react";
import { type Peaks, RetenderError } from "../../../client";
import { useRetender } from "../../../hooks";

/** Null: not there yet, or never. They come with the preparation, as the duration does. */
export function usePeaks(jobId: string, isPrepared: boolean): Peaks | null {
  const client = useRetender();
  const [peaks, show] = useState<Peaks | null>(null);
  useEffect(() => {
    if (!isPrepared) return;
    const giveUp = new AbortController();
    client.peaks(jobId, { signal: giveUp.signal }).then(show, (error: unknown) => {
      // Without them the slider has a plain track.
      if (!giveUp.signal.aborted && !(error instanceof RetenderError)) throw error;
    });
    return () => giveUp.abort();
  }, [client, jobId, isPrepared]);
  return peaks;
}

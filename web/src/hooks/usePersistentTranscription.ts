import { useMemo, useSyncExternalStore } from "react";
import {
  PersistentJob,
  type PersistentOptions,
  type PersistentView,
  type RecordSource,
} from "../client";
import { useRetender } from "./context";

/**
 * A job as the application's database knows it, and as the service does where the database is
 * behind. `source` and `options` must stay the same objects:
 *
 *     const source = { load: async () => {
 *       const { ConvexClient } = await import("convex/browser");
 *       return convexSource(new ConvexClient(url), api.transcriptions.get);
 *     } };
 */
export function usePersistentTranscription(
  jobId: string,
  source: RecordSource,
  options?: PersistentOptions,
): PersistentView {
  const client = useRetender();
  const job = useMemo(
    () => new PersistentJob(client, jobId, source, options),
    [client, jobId, source, options],
  );
  return useSyncExternalStore(job.subscribe, job.getSnapshot, job.getSnapshot);
}

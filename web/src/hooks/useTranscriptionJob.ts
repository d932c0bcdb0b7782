import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { ConnectionState, JobFollower, JobView } from "../client";
import { useRetender } from "./context";

export interface TranscriptionJob extends JobView {
  readonly connection: ConnectionState;
  readonly cancel: () => Promise<void>;
  /** Of a failed job: it is followed again. */
  readonly retry: () => Promise<void>;
  /** Do not wait for the next attempt to connect. */
  readonly retryNow: () => void;
}

/** A job as it is and as it comes along. All who look at the same job share one socket. */
export function useTranscriptionJob(jobId: string): TranscriptionJob {
  const client = useRetender();
  const follower = useFollower(jobId);
  const { view, connection } = useSyncExternalStore(
    follower.subscribe,
    follower.getSnapshot,
    follower.getSnapshot,
  );
  const actions = useMemo(
    () => ({
      cancel: async () => {
        await client.cancel(jobId);
      },
      retry: async () => {
        await client.retry(jobId);
      },
      retryNow: () => follower.retryNow(),
    }),
    [client, jobId, follower],
  );
  return useMemo(() => ({ ...view, connection, ...actions }), [view, connection, actions]);
}

/** One value of it: a component that shows the stage is not drawn anew for each piece of text.
 * `select` must give the same value for the same view. */
export function useJobValue<T>(jobId: string, select: (view: JobView) => T): T {
  const follower = useFollower(jobId);
  const selected = useCallback(() => select(follower.getSnapshot().view), [follower, select]);
  return useSyncExternalStore(follower.subscribe, selected, selected);
}

function useFollower(jobId: string): JobFollower {
  const client = useRetender();
  return useMemo(() => client.follow(jobId), [client, jobId]);
}

import { useMemo, useSyncExternalStore } from "react";
import { browser, JobList, type JobsView, type ListedBy, type ListOptions } from "../client";
import { useRetender } from "./context";

export interface Transcriptions extends JobsView {
  readonly loadMore: () => Promise<void>;
  readonly refresh: () => Promise<void>;
}

const IN_A_BROWSER: ListOptions = { surroundings: browser };

/** Jobs, newest first, kept up to date by asking. `options` must stay the same object. */
export function useTranscriptions(
  { status, q, limit }: ListedBy = {},
  options: ListOptions = IN_A_BROWSER,
): Transcriptions {
  const client = useRetender();
  const list = useMemo(() => {
    const by: ListedBy = {
      ...(status === undefined ? {} : { status }),
      ...(q === undefined ? {} : { q }),
      ...(limit === undefined ? {} : { limit }),
    };
    return new JobList(client, by, options);
  }, [client, status, q, limit, options]);
  const view = useSyncExternalStore(list.subscribe, list.getSnapshot, list.getSnapshot);
  return useMemo(() => ({ ...view, loadMore: list.loadMore, refresh: list.refresh }), [view, list]);
}

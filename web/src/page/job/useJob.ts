import {
  startTransition,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import type { Followed, FullResult, Job, JobView, ListedJob, Result, Segment } from "../../client";
import { useRetender } from "../../hooks";
import { type Calm, calmOf } from "./calm";

function useCalm(jobId: string): Calm {
  const client = useRetender();
  return useMemo(() => calmOf(client.follow(jobId), client.http.clock), [client, jobId]);
}

export function useJob(jobId: string): Followed {
  const calm = useCalm(jobId);
  return useSyncExternalStore(calm.subscribe, calm.getSnapshot);
}

/** One value of it. `select` must give the same value for the same view. */
export function useJobValue<T>(jobId: string, select: (view: JobView) => T): T {
  const calm = useCalm(jobId);
  const selected = useCallback(() => select(calm.getSnapshot().view), [calm, select]);
  return useSyncExternalStore(calm.subscribe, selected);
}

/** The text as far as it is there. More of it is drawn in between, in small parts: what the reader
 * does meanwhile comes first, and no frame waits for a long text. */
export function useGrowingText(jobId: string): readonly Segment[] {
  const calm = useCalm(jobId);
  const [shown, show] = useState(() => calm.getSnapshot().view.segments);
  useEffect(() => {
    const grown = () => startTransition(() => show(calm.getSnapshot().view.segments));
    grown();
    return calm.subscribe(grown);
  }, [calm]);
  return shown;
}

/** The job with what a service may tell beyond its description. */
export function listed(job: Job): ListedJob {
  return job;
}

export function requestedModel(result: Result | null): string | null {
  const told: FullResult | null = result;
  return told?.requested_model ?? null;
}

const EVERY_MS = 3000;

/** Place in the queue, duration and model are told only to who asks: asked while `wanted`, and at
 * once at each new `stage`. */
export function useAsking(jobId: string, wanted: boolean, stage: string): void {
  const client = useRetender();
  useEffect(() => {
    if (!wanted || stage === "") return;
    const ask = () => {
      if (document.visibilityState !== "hidden") client.follow(jobId).refresh();
    };
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, [client, jobId, wanted, stage]);
}

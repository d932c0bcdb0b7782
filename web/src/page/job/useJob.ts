import { useEffect } from "react";
import type { FullResult, Job, ListedJob, Result } from "../../client";
import { useRetender } from "../../hooks";

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

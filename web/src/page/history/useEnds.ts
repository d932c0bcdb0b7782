import { useEffect, useRef } from "react";
import { isFinished, type JobStatus, type ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { useName } from "../state/useName";
import { announce } from "../ui/announce";
import { notify } from "./notices";

/** Tells of recordings that end while one looks, or looks elsewhere. */
export function useEnds(jobs: readonly ListedJob[]): void {
  const t = useT();
  const nameOf = useName();
  const before = useRef(new Map<string, JobStatus>());
  useEffect(() => {
    for (const job of jobs) {
      const was = before.current.get(job.job_id);
      before.current.set(job.job_id, job.status);
      if (was === undefined || isFinished(was)) continue;
      if (job.status !== "completed" && job.status !== "failed") continue;
      const name = nameOf(job);
      const said = t(`history.ended.${job.status}`, { name });
      announce(said);
      notify(name, said);
    }
  }, [jobs, t, nameOf]);
}

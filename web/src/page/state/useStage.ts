import { useCallback } from "react";
import type { JobStatus } from "../../client";
import { useWords } from "../i18n/context";

/** What a job is at, in words: its stage while it is under way, else how it ended. */
export function useStage(): (job: { status: JobStatus; stage: string }) => string {
  const { t, maybe } = useWords();
  return useCallback(
    ({ status, stage }) =>
      status === "pending" || status === "queued" || status === "processing"
        ? (maybe(`stage.${stage}`) ?? t(`status.${status}`))
        : t(`status.${status}`),
    [t, maybe],
  );
}

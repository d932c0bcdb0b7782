import { useMemo } from "react";
import {
  isFinished,
  type ListedJob,
  type OptionsChange,
  type ResultFormat,
  RetenderError,
} from "../../client";
import { useRetender } from "../../hooks";
import { useT } from "../i18n/context";
import { saveAs } from "../intake/files";
import { rememberName } from "../state/names";
import { useProblem } from "../state/useProblem";
import { toast } from "../ui/toasts";

export interface Actions {
  readonly cancel: (jobs: readonly ListedJob[]) => Promise<void>;
  readonly retry: (jobs: readonly ListedJob[]) => Promise<void>;
  readonly remove: (jobs: readonly ListedJob[]) => Promise<void>;
  readonly rename: (job: ListedJob, name: string) => Promise<void>;
  readonly change: (job: ListedJob, change: OptionsChange) => Promise<void>;
  /** Says why something could not be done. */
  readonly failed: (error: unknown) => void;
  readonly download: (job: ListedJob, name: string, format: ResultFormat) => Promise<void>;
  readonly exportAll: (jobs: readonly ListedJob[], format: ResultFormat) => Promise<void>;
}

/** What can be done with recordings, for one or for many: what fails is told once, with the number
 * of those for which it did not. */
export function useActions(refresh: () => Promise<void>): Actions {
  const t = useT();
  const client = useRetender();
  const problem = useProblem();
  return useMemo(() => {
    const told = (error: unknown, count = 1) => {
      if (!(error instanceof RetenderError)) throw error;
      const { what, todo } = problem(error);
      const many = count > 1 ? `${t("history.failed_for", { count })} ` : "";
      toast(`${many}${what} ${todo}`, { kind: "failed" });
    };
    const each = async (
      jobs: readonly ListedJob[],
      act: (job: ListedJob) => Promise<unknown>,
      done: (count: number) => string,
    ) => {
      const results = await Promise.allSettled(jobs.map(act));
      const failed = results.flatMap((it) => (it.status === "rejected" ? [it.reason] : []));
      if (failed.length > 0) told(failed[0], failed.length);
      const count = jobs.length - failed.length;
      if (count > 0) toast(done(count));
      await refresh();
    };
    const tried = async (act: () => Promise<void>) => {
      try {
        await act();
      } catch (error) {
        told(error);
      }
    };
    return {
      cancel: (jobs) =>
        each(
          jobs.filter(({ status }) => !isFinished(status)),
          ({ job_id }) => client.cancel(job_id),
          (count) => t("history.cancelled", { count }),
        ),
      retry: (jobs) =>
        each(
          jobs.filter(({ status }) => status === "failed"),
          ({ job_id }) => client.retry(job_id),
          (count) => t("history.retried", { count }),
        ),
      remove: (jobs) =>
        each(
          jobs,
          ({ job_id }) => client.forget(job_id),
          (count) => t("history.removed", { count }),
        ),
      rename: (job, name) =>
        tried(async () => {
          await client.rename(job.job_id, name);
          rememberName(job.job_id, name);
          await refresh();
        }),
      change: (job, change) =>
        tried(async () => {
          await client.changeOptions(job.job_id, change);
          toast(t("options.changed"));
          await refresh();
        }),
      failed: told,
      download: (job, name, format) =>
        tried(async () => {
          const content = await client.download(job.job_id, format);
          saveAs(content, `${name.replace(/\.[^.]{1,5}$/, "")}.${format}`);
        }),
      exportAll: (jobs, format) =>
        tried(async () => {
          const ids = jobs.map(({ job_id }) => job_id);
          saveAs(await client.export(ids, format), `retender-${format}.zip`);
        }),
    };
  }, [client, problem, refresh, t]);
}

import { useEffect, useMemo } from "react";
import { isFinished, RetenderError } from "../../client";
import { useRetender } from "../../hooks";
import { addressOf } from "../app/routes";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { useName } from "../state/useName";
import { useProblem } from "../state/useProblem";
import { toast } from "../ui/toasts";
import { Connection } from "./Connection";
import { Heading } from "./Heading";
import { CancelledNote, Failed } from "./progress/Ended";
import { Running } from "./progress/Running";
import { useMilestones } from "./progress/useMilestones";
import { listed, useJob } from "./useJob";
import { Views } from "./Views";

/** `at`: the moment in the recording that the address names, in seconds. */
export function JobView({ jobId, at }: { readonly jobId: string; readonly at: number | null }) {
  const t = useT();
  const client = useRetender();
  const { view: job, connection } = useJob(jobId);
  const nameOf = useName();
  const { percent } = useFormats();
  const problem = useProblem();
  const { status } = job;
  const known = useMemo(
    () => (job.job === null ? null : { ...listed(job.job), status: status ?? job.job.status }),
    [job.job, status],
  );
  const name = known === null ? jobId : nameOf(known);
  useMilestones(name, job);
  const isRunning = status !== null && !isFinished(status);
  useTitle(isRunning ? `${percent(job.progress)} · ${name}` : name);
  const tried = (act: () => Promise<unknown>) => {
    act().catch((error: unknown) => {
      if (!(error instanceof RetenderError)) throw error;
      const { what, todo } = problem(error);
      toast(`${what} ${todo}`, { kind: "failed" });
    });
  };
  if (connection.phase.name === "refused") return <Gone code={connection.phase.code} />;
  if (known === null) return <p className="p-6 text-sm text-soft">{t("shell.loading")}</p>;
  return (
    <article className="relative mx-auto flex min-h-[calc(100dvh-77px)] w-full max-w-4xl flex-col gap-2 sm:min-h-[calc(100dvh-93px)] sm:gap-4">
      <Heading job={known} result={job.result} />
      <Connection phase={connection.phase} retryNow={() => client.follow(jobId).retryNow()} />
      {isRunning && (
        <Running jobId={jobId} name={name} onCancel={() => tried(() => client.cancel(jobId))} />
      )}
      {status === "failed" && (
        <Failed
          failure={job.failure}
          attempt={known.attempt}
          onRetry={() => tried(() => client.retry(jobId))}
        />
      )}
      {status === "cancelled" && <CancelledNote />}
      <Views jobId={jobId} job={known} name={name} at={at} />
    </article>
  );
}

const NOT_ALLOWED = 4401;

function Gone({ code }: { readonly code: number }) {
  const t = useT();
  const error = code === NOT_ALLOWED ? "error.unauthorized" : "error.job_not_found";
  return (
    <div className="flex flex-col items-start gap-2 p-6">
      <h1 className="text-xl font-semibold">{t(error)}</h1>
      <p className="text-sm">{t(`${error}.do`)}</p>
      <a className="text-sm text-accent underline" href={addressOf({ name: "home" })}>
        {t("job.back")}
      </a>
    </div>
  );
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Retender`;
    return () => {
      document.title = "Retender";
    };
  }, [title]);
}

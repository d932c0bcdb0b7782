import type { JobFailure, ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { clock, useFormats } from "../i18n/formats";
import { useProblem } from "../state/useProblem";
import { useStage } from "../state/useStage";
import { useTimeLeft } from "../state/useTimeLeft";
import { Progress } from "../ui/Progress";

/** What it is at, how far, and how long still. */
export function UnderWay({ job, name }: { readonly job: ListedJob; readonly name: string }) {
  const t = useT();
  const stage = useStage();
  const { percent, duration, time } = useFormats();
  const { estimated_time_remaining, progress, seq, queue_position, status } = job;
  const left = useTimeLeft(estimated_time_remaining, `${seq} ${progress}`);
  const isWaiting = status === "queued" || status === "pending";
  const said = [
    stage(job),
    isWaiting ? "" : percent(progress),
    done(job),
    queue_position === null ? "" : t("history.position", { position: queue_position }),
    isWaiting || job.stage !== "transcribing"
      ? ""
      : left === null
        ? t("history.calculating")
        : t("history.left", { left: duration(left.seconds), time: time(left.end) }),
  ];
  return (
    <>
      <p className="text-xs">{said.filter((part) => part !== "").join(" · ")}</p>
      <Progress value={isWaiting ? 0 : progress} label={t("history.progress", { name })} />
    </>
  );

  function done({ stage, duration: length }: ListedJob): string {
    if (stage !== "transcribing" || length === null) return "";
    return t("history.done_of", { done: clock((length * progress) / 100), all: clock(length) });
  }
}

export function Failure({ failure }: { readonly failure: JobFailure }) {
  const problem = useProblem();
  const { what, todo } = problem(failure);
  return (
    <p className="text-sm">
      <span className="text-danger">{what}</span> {todo}
    </p>
  );
}

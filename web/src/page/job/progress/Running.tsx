import { useT } from "../../i18n/context";
import { clock, useFormats } from "../../i18n/formats";
import { useStage } from "../../state/useStage";
import { useTimeLeft } from "../../state/useTimeLeft";
import { Button } from "../../ui/Button";
import { Progress } from "../../ui/Progress";
import { useAsking, useJobValue } from "../useJob";
import { Strip } from "./Strip";
import { usePace } from "./usePace";

/** What the job is at, how far it is, how fast, and until when. */
export function Running({
  jobId,
  name,
  onCancel,
}: {
  readonly jobId: string;
  readonly name: string;
  readonly onCancel: () => void;
}) {
  const t = useT();
  const stageOf = useStage();
  const { percent } = useFormats();
  const status = useJobValue(jobId, (view) => view.status);
  const stage = useJobValue(jobId, (view) => view.stage);
  const progress = useJobValue(jobId, (view) => view.progress);
  const message = useJobValue(jobId, (view) => view.message);
  const duration = useJobValue(jobId, (view) => view.job?.duration ?? null);
  const position = useJobValue(jobId, (view) => view.job?.queue_position ?? null);
  const isWaiting = status === "queued" || status === "pending";
  useAsking(jobId, isWaiting || duration === null, stage);
  if (status === null) return null;
  const words = stageOf({ status, stage });
  const isKnown = !isWaiting && stage === "transcribing";
  return (
    <section
      aria-label={t("job.progress")}
      className="flex flex-col gap-3 rounded-lg border border-line bg-raised p-4"
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="flex min-w-0 flex-col">
          <h2 className="text-lg font-semibold">{words}</h2>
          {stage !== "transcribing" && message !== words && (
            <p className="text-sm text-soft">{message}</p>
          )}
          {isWaiting && position !== null && (
            <p className="text-sm text-soft">{t("history.position", { position })}</p>
          )}
        </div>
        <div className="flex items-center gap-3">
          {!isWaiting && <span className="text-2xl tabular-nums">{percent(progress)}</span>}
          <Button icon="close" onClick={onCancel}>
            {t("history.cancel")}
          </Button>
        </div>
      </div>
      <Progress
        value={isKnown || progress > 0 ? progress : isWaiting ? 0 : null}
        label={t("history.progress", { name })}
      />
      {isKnown && duration !== null && <Figures jobId={jobId} duration={duration} />}
      {duration !== null && <Strip jobId={jobId} duration={duration} />}
    </section>
  );
}

function Figures({ jobId, duration }: { readonly jobId: string; readonly duration: number }) {
  const t = useT();
  const { number, duration: length, time } = useFormats();
  const progress = useJobValue(jobId, (view) => view.progress);
  const remaining = useJobValue(jobId, (view) => view.timeRemaining);
  const seq = useJobValue(jobId, (view) => view.seq);
  const done = (duration * progress) / 100;
  const speed = usePace(done);
  const left = useTimeLeft(remaining, `${seq} ${progress}`);
  const figures = [
    t("history.done_of", { done: clock(done), all: clock(duration) }),
    speed === null ? "" : t("job.speed", { times: number(Math.round(speed * 10) / 10) }),
    left === null
      ? t("history.calculating")
      : t("history.left", { left: length(left.seconds), time: time(left.end) }),
  ];
  return (
    <p className="text-sm tabular-nums">{figures.filter((part) => part !== "").join(" · ")}</p>
  );
}

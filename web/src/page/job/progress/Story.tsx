import { useEffect, useMemo, useState } from "react";
import { isFinished, type Moment } from "../../../client";
import { useRetender } from "../../../hooks";
import { useService } from "../../app/useService";
import { useWords } from "../../i18n/context";
import { useFormats } from "../../i18n/formats";
import { Icon, type IconName } from "../../ui/Icon";
import { requestedModel, useJobValue } from "../useJob";
import { type Entry, story } from "./story";

/** The timeline of a job: attempts, restarts, another model. */
export function Story({ jobId }: { readonly jobId: string }) {
  const { t } = useWords();
  const { moment } = useFormats();
  const words = useEntryWords();
  const job = useJobValue(jobId, (view) => view.job);
  const status = useJobValue(jobId, (view) => view.status);
  const completedAt = useJobValue(jobId, (view) => view.completedAt);
  const result = useJobValue(jobId, (view) => view.result);
  const moments = useMoments(jobId);
  const { startedAt } = useService();
  const entries = useMemo(() => {
    if (job === null) return [];
    const now = { ...job, status: status ?? job.status, completed_at: completedAt };
    return story({
      job: now,
      moments,
      serviceStarted: startedAt,
      requestedModel: requestedModel(result),
    });
  }, [job, status, completedAt, moments, startedAt, result]);
  return (
    <ol aria-label={t("job.story")} className="flex flex-col gap-3 py-4">
      {entries.map((entry) => (
        <li
          key={`${entry.kind} ${entry.at} ${"stage" in entry ? entry.stage : ""}`}
          className="flex gap-3"
        >
          <span className="mt-0.5 text-soft">
            <Icon name={ICONS[entry.kind]} />
          </span>
          <div className="flex min-w-0 flex-col">
            <p className="text-sm">
              <time dateTime={entry.at} className="me-3 text-soft tabular-nums">
                {moment(entry.at)}
              </time>
              {words(entry)}
            </p>
            {"message" in entry && entry.message !== "" && entry.message !== words(entry) && (
              <p className="text-xs text-soft">{entry.message}</p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

const ICONS: Readonly<Record<Entry["kind"], IconName>> = {
  received: "upload",
  stage: "wave",
  restart: "retry",
  model: "settings",
  attempts: "retry",
  completed: "check",
  failed: "alert",
  cancelled: "close",
};

function useEntryWords(): (entry: Entry) => string {
  const { t, maybe } = useWords();
  const { percent } = useFormats();
  return (entry) => {
    switch (entry.kind) {
      case "received":
        return t("job.story.received");
      case "stage": {
        const stage = maybe(`stage.${entry.stage}`) ?? entry.stage;
        return entry.progress > 0
          ? t("job.story.stage_at", { stage, percent: percent(entry.progress) })
          : stage;
      }
      case "restart":
        return t("job.story.restart", { percent: percent(entry.progress) });
      case "model":
        return t("job.story.model", { asked: entry.asked, used: entry.used });
      case "attempts":
        return t("job.attempts", { count: entry.attempt });
      default:
        return t(`status.${entry.kind}`);
    }
  };
}

/** While it runs they come by themselves; of one that has ended the service is asked once. */
function useMoments(jobId: string): readonly Moment[] {
  const client = useRetender();
  const live = useJobValue(jobId, (view) => view.timeline);
  const status = useJobValue(jobId, (view) => view.status);
  const [past, show] = useState<readonly Moment[] | null>(null);
  const isPast = status !== null && isFinished(status) && live.length === 0;
  useEffect(() => {
    if (!isPast) return;
    const giveUp = new AbortController();
    // Without it the timeline is shorter, and no less true.
    client.moments(jobId, { signal: giveUp.signal }).then(show, () => {});
    return () => giveUp.abort();
  }, [client, jobId, isPast]);
  return past ?? live;
}

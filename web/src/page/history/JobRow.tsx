import { memo, useCallback, useState } from "react";
import { isFinished, type ListedJob } from "../../client";
import { jobAddress } from "../app/routes";
import { go } from "../app/useRoute";
import { useT } from "../i18n/context";
import { clock, useFormats } from "../i18n/formats";
import { FORMATS } from "../state/exportFormats";
import { useLanguageName } from "../state/languageNames";
import { useName } from "../state/useName";
import { Button } from "../ui/Button";
import { Icon, type IconName } from "../ui/Icon";
import { Menu, type MenuItem } from "../ui/Menu";
import { canChange } from "./ChangeOptions";
import { type Asked, JobDialogs } from "./JobDialogs";
import { Failure, UnderWay } from "./JobState";
import { Rename } from "./Rename";
import { type Actions, useActions } from "./useActions";

const ICONS: Readonly<Record<ListedJob["status"], readonly [IconName, string]>> = {
  pending: ["upload", "text-accent"],
  queued: ["more", "text-soft"],
  processing: ["wave", "text-accent"],
  completed: ["check", "text-good"],
  failed: ["alert", "text-danger"],
  cancelled: ["close", "text-soft"],
};

export const JobRow = memo(function JobRow({
  job,
  isChosen,
  toggle,
  refresh,
}: {
  readonly job: ListedJob;
  readonly isChosen: boolean;
  readonly toggle: (jobId: string) => void;
  readonly refresh: () => Promise<void>;
}) {
  const t = useT();
  const name = useName()(job);
  const actions = useActions(refresh);
  const [asked, ask] = useState<Asked | null>(null);
  const close = useCallback(() => ask(null), []);
  const [icon, color] = ICONS[job.status];
  return (
    <li className="flex items-start gap-3 rounded-lg border border-line bg-raised p-3">
      <label className="flex size-6 shrink-0 items-center justify-center">
        <span className="sr-only">{t("history.choose", { name })}</span>
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={isChosen}
          onChange={() => toggle(job.job_id)}
        />
      </label>
      <span className={`mt-0.5 max-sm:hidden ${color}`}>
        <Icon name={icon} />
      </span>
      <div className="flex min-w-0 grow flex-col gap-1">
        {asked === "rename" ? (
          <Rename
            name={name}
            onDone={(next) => {
              ask(null);
              if (next !== null) void actions.rename(job, next);
            }}
          />
        ) : (
          <a
            href={jobAddress(job.job_id)}
            className="truncate text-sm font-medium hover:underline"
            title={name}
          >
            {name}
          </a>
        )}
        <About job={job} />
        <Snippet job={job} />
        {!isFinished(job.status) && <UnderWay job={job} name={name} />}
        {job.error !== null && job.status === "failed" && <Failure failure={job.error} />}
      </div>
      {!isFinished(job.status) && (
        <Button
          aria-label={t("history.cancel.one", { name })}
          onClick={() => void actions.cancel([job])}
        >
          {t("history.cancel")}
        </Button>
      )}
      {job.status === "failed" && (
        <Button
          icon="retry"
          aria-label={t("history.retry.one", { name })}
          onClick={() => void actions.retry([job])}
        >
          {t("history.retry")}
        </Button>
      )}
      <Menu
        label={t("outbox.more", { name })}
        icon="more"
        items={itemsFor(job, name, actions, t, ask)}
      />
      <JobDialogs job={job} asked={asked} actions={actions} onClose={close} />
    </li>
  );
});

function itemsFor(
  job: ListedJob,
  name: string,
  actions: Actions,
  t: ReturnType<typeof useT>,
  ask: (what: Asked) => void,
): readonly MenuItem[] {
  const texts = FORMATS.map(
    (format): MenuItem => ({
      label: t("history.download", { format: format.toUpperCase() }),
      icon: "download",
      run: () => void actions.download(job, name, format),
    }),
  );
  return [
    { label: t("history.open"), icon: "file", run: () => go(jobAddress(job.job_id)) },
    ...(job.status === "completed" ? texts : []),
    ...(canChange(job)
      ? [{ label: t("history.options"), icon: "settings" as const, run: () => ask("options") }]
      : []),
    { label: t("history.rename"), icon: "edit", run: () => ask("rename") },
    { label: t("history.remove"), icon: "trash", danger: true, run: () => ask("remove") },
  ];
}

function About({ job }: { readonly job: ListedJob }) {
  const t = useT();
  const { dayAndTime } = useFormats();
  const { status, duration, model, created_at } = job;
  const language = useLanguageName(job.language);
  const parts = [
    isFinished(status) ? t(`status.${status}`) : "",
    duration === null ? "" : clock(duration),
    language,
    model ?? "",
    dayAndTime(created_at),
  ];
  return <p className="text-xs text-soft">{parts.filter((part) => part !== "").join(" · ")}</p>;
}

/** Where the words of a search were found. */
function Snippet({ job: { job_id, snippet, snippet_time } }: { readonly job: ListedJob }) {
  if (!snippet) return null;
  return (
    <a href={jobAddress(job_id, snippet_time ?? null)} className="text-sm hover:underline">
      {snippet_time != null && (
        <span className="me-2 font-mono text-xs text-accent">{clock(snippet_time)}</span>
      )}
      {snippet}
    </a>
  );
}

import { useCallback, useState } from "react";
import { isFinished, type ListedJob, type Result } from "../../client";
import { addressOf } from "../app/routes";
import { go } from "../app/useRoute";
import { canChange } from "../history/ChangeOptions";
import { type Asked, JobDialogs } from "../history/JobDialogs";
import { Rename } from "../history/Rename";
import { useActions } from "../history/useActions";
import { useT } from "../i18n/context";
import { clock, useFormats } from "../i18n/formats";
import { Where } from "../intake/Where";
import { useLanguageName } from "../state/languageNames";
import { useName } from "../state/useName";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { Menu } from "../ui/Menu";

const NOTHING = () => Promise.resolve();

/** What it is called, what it is, and where it is worked on. */
export function Heading({
  job,
  result,
}: {
  readonly job: ListedJob;
  readonly result: Result | null;
}) {
  const t = useT();
  const nameOf = useName();
  const actions = useActions(NOTHING);
  const [renamed, rename] = useState<string | null>(null);
  const [asked, ask] = useState<Asked | null>(null);
  const close = useCallback(() => ask(null), []);
  const name = renamed ?? nameOf(job);
  return (
    <header className="flex flex-col sm:gap-1">
      <a
        href={addressOf({ name: "home" })}
        className="inline-flex min-h-9 items-center gap-2 self-start text-sm text-accent hover:underline"
      >
        <Icon name="back" />
        {t("job.back")}
      </a>
      <div className="flex items-start gap-1">
        {asked === "rename" ? (
          <div className="max-w-xl grow">
            <Rename
              name={name}
              onDone={(next) => {
                ask(null);
                if (next === null) return;
                rename(next);
                void actions.rename(job, next);
              }}
            />
          </div>
        ) : (
          <h1 className="min-w-0 py-1 text-lg font-semibold break-words sm:text-xl">{name}</h1>
        )}
        <IconButton icon="edit" label={t("history.rename")} onClick={() => ask("rename")} />
        <Menu
          label={t("outbox.more", { name })}
          icon="more"
          items={[
            ...(canChange(job)
              ? [
                  {
                    label: t("history.options"),
                    icon: "settings" as const,
                    run: () => ask("options"),
                  },
                ]
              : []),
            {
              label: t("history.remove"),
              icon: "trash",
              danger: true,
              run: () => ask("remove"),
            },
          ]}
        />
      </div>
      <Facts job={job} result={result} />
      <JobDialogs
        job={job}
        asked={asked}
        actions={actions}
        onClose={close}
        onRemoved={() => go(addressOf({ name: "home" }))}
      />
    </header>
  );
}

function Facts({ job, result }: { readonly job: ListedJob; readonly result: Result | null }) {
  const t = useT();
  const { dayAndTime, number, duration: length } = useFormats();
  const language = useLanguageName(result?.language ?? job.language);
  const { duration, model, created_at, status } = job;
  const took = result?.processing_time ?? 0;
  const parts = [
    isFinished(status) ? t(`status.${status}`) : "",
    duration === null ? "" : clock(duration),
    language,
    model ?? "",
    dayAndTime(created_at),
    took > 0 && duration !== null
      ? t("job.took", {
          time: length(took),
          times: number(Math.round((duration / took) * 10) / 10),
        })
      : "",
  ];
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft">
      <span>{parts.filter((part) => part !== "").join(" · ")}</span>
      <Where engine={result?.engine ?? job.engine ?? engineOf(job)} />
    </p>
  );
}

function engineOf({ options }: ListedJob): string {
  return (options as { engine?: string } | null | undefined)?.engine ?? "auto";
}

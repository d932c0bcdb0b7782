import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { isFinished, type JobStatus, type ListedJob } from "../../client";
import { useTranscriptions } from "../../hooks";
import { useWords } from "../i18n/context";
import { onAccepted } from "../intake/outbox/here";
import { useOutbox } from "../intake/outbox/useOutbox";
import { useName } from "../state/useName";
import { useProblem } from "../state/useProblem";
import { Button } from "../ui/Button";
import { Bulk } from "./Bulk";
import { JobRow } from "./JobRow";
import { type Order, ordered } from "./order";
import { Toolbar } from "./Toolbar";
import { useEnds } from "./useEnds";
import { useTitle } from "./useTitle";

const NONE: ReadonlySet<string> = new Set();

/** The recordings that the service has: found again after a reload, from any browser. */
export function JobsSection({ isEmpty }: { readonly isEmpty: boolean }) {
  const { t, language } = useWords();
  const [status, filter] = useState<JobStatus | null>(null);
  const [words, search] = useState("");
  const [order, sort] = useState<Order>("newest");
  const [chosen, choose] = useState(NONE);
  const q = useDeferredValue(useSettled(words.trim()));
  const list = useTranscriptions({
    ...(status === null ? {} : { status }),
    ...(q === "" ? {} : { q }),
  });
  const nameOf = useName();
  const jobs = useShown(list.jobs, order, nameOf, language);
  useEffect(() => onAccepted(() => void list.refresh()), [list.refresh]);
  useEnds(list.jobs);
  useTitle(list.jobs);
  const isFiltered = status !== null || q !== "";
  if (isEmpty && !isFiltered && !list.loading && list.error === null) return null;
  const present = jobs.filter(({ job_id }) => chosen.has(job_id));
  const toggle = (jobId: string) => {
    const next = new Set(chosen);
    if (!next.delete(jobId)) next.add(jobId);
    choose(next);
  };
  return (
    <section aria-labelledby="jobs" className="flex flex-col gap-3">
      <h2 id="jobs" className="text-base font-semibold">
        {t("history.title")}
      </h2>
      <Toolbar {...{ status, filter, words, search, order, sort }} />
      {jobs.length > 0 && (
        <Bulk
          jobs={jobs}
          chosen={present}
          choose={(ids) => choose(new Set(ids))}
          refresh={list.refresh}
        />
      )}
      <ListError error={list.error} refresh={list.refresh} />
      {list.loading && list.error === null && <Skeleton />}
      {jobs.length > 0 ? (
        <ul className="flex flex-col gap-2">
          {jobs.map((job) => (
            <JobRow
              key={job.job_id}
              job={job}
              isChosen={chosen.has(job.job_id)}
              toggle={toggle}
              refresh={list.refresh}
            />
          ))}
        </ul>
      ) : (
        !list.loading &&
        list.error === null && (
          <p className="rounded-lg border border-line bg-raised p-8 text-center text-sm text-soft">
            {isFiltered ? t("history.none_found") : t("history.none")}
          </p>
        )
      )}
      {list.hasMore && (
        <Button
          className="self-center"
          disabled={list.loadingMore}
          onClick={() => void list.loadMore()}
        >
          {list.loadingMore ? t("shell.loading") : t("history.more")}
        </Button>
      )}
    </section>
  );
}

/** Without those whose upload is shown above, and in the chosen order. */
function useShown(
  jobs: readonly ListedJob[],
  order: Order,
  nameOf: (job: ListedJob) => string,
  language: string,
): readonly ListedJob[] {
  const outbox = useOutbox();
  return useMemo(() => {
    const uploading = new Set(outbox.map(({ jobId }) => jobId));
    const others = jobs.filter(
      ({ job_id, status }) => isFinished(status) || !uploading.has(job_id),
    );
    return ordered(others, order, nameOf, language);
  }, [jobs, outbox, order, nameOf, language]);
}

/** Once nothing was typed for a moment. */
function useSettled(words: string): string {
  const [settled, settle] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => settle(words), 300);
    return () => clearTimeout(timer);
  }, [words]);
  return settled;
}

function ListError({
  error,
  refresh,
}: {
  readonly error: Error | null;
  readonly refresh: () => Promise<void>;
}) {
  const { t } = useWords();
  const problem = useProblem();
  if (error === null) return null;
  const { what, todo } = problem(error);
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-3 rounded-lg border border-line bg-danger-soft p-4 text-sm"
    >
      <p className="grow">
        {what} {todo}
      </p>
      <Button icon="retry" onClick={() => void refresh()}>
        {t("connection.now")}
      </Button>
    </div>
  );
}

function Skeleton() {
  const { t } = useWords();
  return (
    <div role="status" className="flex flex-col gap-2">
      <span className="sr-only">{t("shell.loading")}</span>
      {[0, 1, 2].map((row) => (
        <div key={row} className="h-16 animate-pulse rounded-lg bg-sunken" />
      ))}
    </div>
  );
}

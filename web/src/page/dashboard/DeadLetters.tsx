import type { ListedJob } from "../../client";
import { client } from "../app/client";
import { jobAddress } from "../app/routes";
import { Failure } from "../history/JobState";
import { useActions } from "../history/useActions";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { useName } from "../state/useName";
import { Button } from "../ui/Button";
import { Panel } from "./Panel";
import { useLooking } from "./useLooking";

const read = (signal: AbortSignal) => client.deadLetters({ limit: 20, signal });

/** What failed for good, and can be given another chance. */
export function DeadLetters() {
  const t = useT();
  const { value, again } = useLooking(read);
  const actions = useActions(again);
  if (value === null) return null;
  return (
    <Panel title={t("service.failed")}>
      {value.jobs.length === 0 && <p className="text-sm text-soft">{t("service.failed.none")}</p>}
      <ul className="flex flex-col gap-3">
        {value.jobs.map((job) => (
          <Row key={job.job_id} job={job} retry={() => void actions.retry([job])} />
        ))}
      </ul>
      {value.jobs.length > 1 && (
        <Button icon="retry" className="self-start" onClick={() => void actions.retry(value.jobs)}>
          {t("service.failed.retry_all")}
        </Button>
      )}
    </Panel>
  );
}

function Row({ job, retry }: { readonly job: ListedJob; readonly retry: () => void }) {
  const t = useT();
  const { moment } = useFormats();
  const name = useName()(job);
  return (
    <li className="flex items-start gap-3">
      <div className="min-w-0 grow">
        <a
          href={jobAddress(job.job_id)}
          className="block truncate text-sm font-medium hover:underline"
        >
          {name}
        </a>
        {job.error !== null && <Failure failure={job.error} />}
        <p className="text-xs text-soft">
          {t("service.failed.attempts", { count: job.attempt })} · {moment(job.created_at)}
        </p>
      </div>
      <Button icon="retry" aria-label={t("history.retry.one", { name })} onClick={retry}>
        {t("history.retry")}
      </Button>
    </li>
  );
}

import { useTranscriptionJob } from "../../hooks";
import { addressOf } from "../app/routes";
import { useT } from "../i18n/context";
import { Icon } from "../ui/Icon";

/** `at`: the moment in the recording that the address names, in seconds. */
export function JobView({ jobId }: { readonly jobId: string; readonly at: number | null }) {
  const t = useT();
  const job = useTranscriptionJob(jobId);
  return (
    <article className="flex flex-col gap-4">
      <a
        href={addressOf({ name: "home" })}
        className="inline-flex items-center gap-2 text-sm text-accent"
      >
        <Icon name="back" />
        {t("job.back")}
      </a>
      <h1 className="text-xl font-semibold">{job.job?.job_id ?? jobId}</h1>
      <p>{job.message}</p>
      <p>{job.segments.map(({ text }) => text).join(" ")}</p>
    </article>
  );
}

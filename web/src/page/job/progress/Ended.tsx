import type { JobFailure } from "../../../client";
import { useT } from "../../i18n/context";
import { useProblem } from "../../state/useProblem";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";

/** Why it failed, what to do about it, and another try. What it has said until then stays. */
export function Failed({
  failure,
  attempt,
  onRetry,
}: {
  readonly failure: JobFailure | null;
  readonly attempt: number;
  readonly onRetry: () => void;
}) {
  const t = useT();
  const problem = useProblem();
  const { what, todo, detail } = problem(failure ?? { code: "internal", message: "" });
  return (
    <section
      aria-label={t("status.failed")}
      className="flex flex-wrap items-start gap-x-4 gap-y-3 rounded-lg border border-danger bg-danger-soft p-4"
    >
      <span className="text-danger">
        <Icon name="alert" size={24} />
      </span>
      <div className="flex min-w-0 grow basis-64 flex-col gap-1 text-sm">
        <p className="text-base font-semibold">{what}</p>
        <p>{todo}</p>
        {attempt > 1 && <p>{t("job.attempts", { count: attempt })}</p>}
        {detail && (
          <details>
            <summary className="min-h-6 cursor-pointer">{t("job.detail")}</summary>
            <p className="font-mono text-xs break-words">{detail}</p>
          </details>
        )}
      </div>
      <Button look="primary" icon="retry" onClick={onRetry}>
        {t("history.retry")}
      </Button>
    </section>
  );
}

export function CancelledNote() {
  const t = useT();
  return (
    <p className="flex items-center gap-2 rounded-lg border border-line bg-raised p-4 text-sm">
      <Icon name="close" />
      {t("job.cancelled")}
    </p>
  );
}

import { useState } from "react";
import { isFinished, type ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { Button } from "../ui/Button";
import { Checkbox } from "../ui/Field";
import { FormatMenu } from "../ui/FormatMenu";
import { ConfirmDialog } from "./ConfirmDialog";
import { useActions } from "./useActions";

/** For all, or for those that are chosen. */
export function Bulk({
  jobs,
  chosen,
  choose,
  refresh,
}: {
  readonly jobs: readonly ListedJob[];
  readonly chosen: readonly ListedJob[];
  readonly choose: (ids: readonly string[]) => void;
  readonly refresh: () => Promise<void>;
}) {
  const t = useT();
  const actions = useActions(refresh);
  const [isSure, ask] = useState(false);
  const running = chosen.some(({ status }) => !isFinished(status));
  const failed = chosen.some(({ status }) => status === "failed");
  const done = chosen.filter(({ status }) => status === "completed");
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-2 ps-3">
      <Checkbox
        label={
          chosen.length === 0
            ? t("history.choose_all")
            : t("history.chosen", { count: chosen.length })
        }
        checked={chosen.length > 0 && chosen.length === jobs.length}
        ref={(box) => {
          if (box) box.indeterminate = chosen.length > 0 && chosen.length < jobs.length;
        }}
        onChange={({ target }) => choose(target.checked ? jobs.map(({ job_id }) => job_id) : [])}
      />
      {running && (
        <Button icon="stop" onClick={() => void actions.cancel(chosen)}>
          {t("history.cancel")}
        </Button>
      )}
      {failed && (
        <Button icon="retry" onClick={() => void actions.retry(chosen)}>
          {t("history.retry")}
        </Button>
      )}
      {done.length > 0 && (
        <FormatMenu
          label={t("history.zip")}
          run={(format) => void actions.exportAll(done, format)}
        />
      )}
      {chosen.length > 0 && (
        <Button look="danger" icon="trash" onClick={() => ask(true)}>
          {t("history.remove")}
        </Button>
      )}
      {isSure && (
        <ConfirmDialog
          title={t("history.remove.title", { count: chosen.length })}
          text={t("history.remove.text")}
          action={t("history.remove")}
          onClose={() => ask(false)}
          onSure={() => {
            choose([]);
            void actions.remove(chosen);
          }}
        />
      )}
    </div>
  );
}

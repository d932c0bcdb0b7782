import type { ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { ChangeOptions } from "./ChangeOptions";
import { ConfirmDialog } from "./ConfirmDialog";
import type { Actions } from "./useActions";

export type Asked = "rename" | "options" | "remove";

/** What the menu of a recording asks before it acts. A new name is asked for in the name's place. */
export function JobDialogs({
  job,
  asked,
  actions,
  onClose,
  onRemoved = () => {},
}: {
  readonly job: ListedJob;
  readonly asked: Asked | null;
  readonly actions: Actions;
  readonly onClose: () => void;
  readonly onRemoved?: () => void;
}) {
  const t = useT();
  switch (asked) {
    case "options":
      return (
        <ChangeOptions
          jobId={job.job_id}
          onUse={(change) => void actions.change(job, change)}
          onClose={onClose}
          onFailed={actions.failed}
        />
      );
    case "remove":
      return (
        <ConfirmDialog
          title={t("history.remove.title", { count: 1 })}
          text={t("history.remove.text")}
          action={t("history.remove")}
          onClose={onClose}
          onSure={() => void actions.remove([job]).then(onRemoved)}
        />
      );
    default:
      return null;
  }
}

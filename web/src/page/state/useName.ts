import { useCallback } from "react";
import type { ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { nameHere } from "./names";

/** What to call a job: its own name, else the one remembered here, else when it was handed in. */
export function useName(): (job: Pick<ListedJob, "job_id" | "created_at" | "name">) => string {
  const t = useT();
  const { moment } = useFormats();
  return useCallback(
    ({ job_id, created_at, name }) =>
      name || nameHere(job_id) || t("job.untitled", { moment: moment(created_at) }),
    [t, moment],
  );
}

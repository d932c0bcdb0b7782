import { useEffect, useRef } from "react";
import type { JobStatus } from "../../../client";
import { notify } from "../../history/notices";
import { useT } from "../../i18n/context";
import { useFormats } from "../../i18n/formats";
import { useStage } from "../../state/useStage";
import { announce } from "../../ui/announce";
import { milestone, type Told } from "./milestones";

/** Says new stages and every tenth to who cannot see them, and the end also outside the page. */
export function useMilestones(
  name: string,
  job: { readonly status: JobStatus | null; readonly stage: string; readonly progress: number },
): void {
  const t = useT();
  const stageOf = useStage();
  const { percent } = useFormats();
  const { status, stage, progress } = job;
  const told = useRef<Told | null>(null);
  useEffect(() => {
    if (status === null) return;
    const words = stageOf({ status, stage });
    const next = milestone(told.current, words, progress);
    told.current = next.told;
    if (next.say === null) return;
    if (next.say === "tenth") announce(percent(next.told.tenth * 10));
    else announce(words);
    if (status === "completed" || status === "failed")
      notify(name, t(`history.ended.${status}`, { name }));
  }, [name, status, stage, progress, stageOf, percent, t]);
}

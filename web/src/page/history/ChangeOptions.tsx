import { useEffect, useState } from "react";
import type { ListedJob, OptionsChange } from "../../client";
import { useRetender } from "../../hooks";
import { Lazily } from "../app/Lazily";
import { part } from "../app/parts";
import { useT } from "../i18n/context";
import { type Choice, changedOptions, choiceOfJob } from "../intake/options/choice";

const OptionsDialog = part(
  async () => (await import("../intake/options/OptionsDialog")).OptionsDialog,
);

/** Until a worker has begun it, a job can be done otherwise. */
export function canChange({ status, started_at }: ListedJob): boolean {
  return (status === "pending" || status === "queued") && started_at === null;
}

/** The options of a job that waits. Lists come without them, so they are asked for. */
export function ChangeOptions({
  jobId,
  onUse,
  onClose,
  onFailed,
}: {
  readonly jobId: string;
  readonly onUse: (change: OptionsChange) => void;
  readonly onClose: () => void;
  readonly onFailed: (error: unknown) => void;
}) {
  const t = useT();
  const client = useRetender();
  const [first, show] = useState<Choice | null>(null);
  useEffect(() => {
    const giveUp = new AbortController();
    client.job(jobId, { text: false, signal: giveUp.signal }).then(
      ({ options }) => show(choiceOfJob(options ?? {})),
      (error: unknown) => {
        if (giveUp.signal.aborted) return;
        onClose();
        onFailed(error);
      },
    );
    return () => giveUp.abort();
  }, [client, jobId, onClose, onFailed]);
  if (first === null) return null;
  return (
    <Lazily>
      <OptionsDialog
        first={first}
        hint={t("options.for_job")}
        onClose={onClose}
        onUse={(chosen) => onUse(changedOptions(chosen, first))}
      />
    </Lazily>
  );
}

import { useEffect, useState } from "react";
import { RetenderError, type Segment } from "../../../client";
import { useRetender } from "../../../hooks";
import { useT } from "../../i18n/context";
import { useProblem } from "../../state/useProblem";
import { Dialog } from "../../ui/Dialog";
import { Changes } from "./Changes";

/** What was recognised beside what it is now. */
export function CompareDialog({
  jobId,
  segments,
  onGo,
  onClose,
}: {
  readonly jobId: string;
  readonly segments: readonly Segment[];
  readonly onGo: (seconds: number) => void;
  readonly onClose: () => void;
}) {
  const t = useT();
  const client = useRetender();
  const problem = useProblem();
  const [original, show] = useState<readonly Segment[] | RetenderError | null>(null);
  useEffect(() => {
    const giveUp = new AbortController();
    client.transcript(jobId, { version: 0, signal: giveUp.signal }).then(
      (transcript) => show(transcript.segments),
      (error: unknown) => {
        if (giveUp.signal.aborted) return;
        if (!(error instanceof RetenderError)) throw error;
        show(error);
      },
    );
    return () => giveUp.abort();
  }, [client, jobId]);
  return (
    <Dialog title={t("edit.compare")} onClose={onClose}>
      <div className="max-h-[60dvh] overflow-y-auto">
        {original === null && <p className="text-sm text-soft">{t("shell.loading")}</p>}
        {original instanceof RetenderError && <p className="text-sm">{problem(original).what}</p>}
        {Array.isArray(original) && (
          <Changes
            original={original}
            present={segments}
            onGo={(seconds) => {
              onClose();
              onGo(seconds);
            }}
          />
        )}
      </div>
    </Dialog>
  );
}

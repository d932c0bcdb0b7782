import { useEffect } from "react";
import { useTranscriptions } from "../../hooks";
import { Intake } from "../intake/Intake";
import { OutboxList } from "../intake/OutboxList";
import { onAccepted } from "../intake/outbox/here";
import { useOutbox } from "../intake/outbox/useOutbox";
import { JobsSection } from "./JobsSection";

export function Home() {
  const outbox = useOutbox();
  const { jobs, loading, refresh } = useTranscriptions({ limit: 1 });
  useEffect(() => onAccepted(() => void refresh()), [refresh]);
  const isEmpty = jobs.length === 0 && outbox.length === 0;
  return (
    <div className="flex flex-col gap-6">
      <Intake isSmall={!isEmpty || loading} />
      <OutboxList />
      <JobsSection isEmpty={isEmpty} />
    </div>
  );
}

import { useEffect } from "react";
import { useTranscriptions } from "../../hooks";
import { useT } from "../i18n/context";
import { Intake } from "../intake/Intake";
import { OutboxList } from "../intake/OutboxList";
import { onAccepted } from "../intake/outbox/here";
import { useOutbox } from "../intake/outbox/useOutbox";
import { toast } from "../ui/toasts";
import { JobsSection } from "./JobsSection";

export function Home() {
  const outbox = useOutbox();
  const { jobs, loading, refresh } = useTranscriptions({ limit: 1 });
  useEffect(() => onAccepted(() => void refresh()), [refresh]);
  useLostShare();
  // Not before it is known: the list below may be there first, and must not come and go.
  const isEmpty = !loading && jobs.length === 0 && outbox.length === 0;
  return (
    <div className="flex flex-col gap-6">
      <Intake isSmall={!isEmpty} />
      <OutboxList />
      <JobsSection isEmpty={isEmpty} />
    </div>
  );
}

/** The service sends the browser here when something was shared and no service worker took it. */
function useLostShare(): void {
  const t = useT();
  useEffect(() => {
    if (location.hash !== "#/?lost=share") return;
    history.replaceState(null, "", "#/");
    toast(t("intake.share_lost"), { kind: "failed" });
  }, [t]);
}

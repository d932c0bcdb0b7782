import { useEffect } from "react";
import type { ConnectionState } from "../../client";
import { Countdown } from "../app/Countdown";
import { service, useService } from "../app/useService";
import { useT } from "../i18n/context";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";

/** That news of this job do not come at the moment. Where the whole service is away, the banner at
 * the top says so already. */
export function Connection({
  phase,
  retryNow,
}: {
  readonly phase: ConnectionState["phase"];
  readonly retryNow: () => void;
}) {
  const t = useT();
  const served = useService().phase;
  const { name } = phase;
  useEffect(() => {
    const isLost = name === "waiting";
    const isBack = name === "open" && service.getSnapshot().phase === "lost";
    if (isLost || isBack) void service.askNow();
  }, [name]);
  if (phase.name !== "waiting" || served === "lost" || served === "offline") return null;
  return (
    <div
      role="status"
      className="flex min-h-11 flex-wrap items-center gap-3 rounded-lg bg-warn-soft px-4 py-1 text-sm text-warn"
    >
      <Icon name="alert" />
      <span>{t("job.connection.lost")}</span>
      <span aria-hidden="true">
        <Countdown to={phase.until} />
      </span>
      <Button onClick={retryNow}>{t("connection.now")}</Button>
    </div>
  );
}

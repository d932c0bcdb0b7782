import { type ReactNode, useEffect, useRef } from "react";
import { useT } from "../i18n/context";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Countdown } from "./Countdown";
import { troublesOf } from "./troubles";
import { service, useService } from "./useService";

/** What is wrong between here and the service, and when it is tried again. */
export function Banner() {
  const t = useT();
  const { health, phase, retryAt } = useService();
  useAnnouncedReturn(phase === "reachable");
  switch (phase) {
    case "offline":
      return <Strip>{t("connection.offline")}</Strip>;
    case "lost":
    case "trying":
      return (
        <Strip>
          <span>{t("connection.lost")}</span>
          <span aria-hidden="true">
            {retryAt === null ? t("connection.retrying") : <Countdown to={retryAt} />}
          </span>
          <Button onClick={() => void service.askNow()} disabled={phase === "trying"}>
            {t("connection.now")}
          </Button>
        </Strip>
      );
    case "unknown":
      return null;
    case "reachable":
      switch (health?.status) {
        case "starting":
          return <Strip>{t("connection.starting")}</Strip>;
        case "stopping":
          return <Strip>{t("connection.stopping")}</Strip>;
        case "degraded":
          return (
            <Strip>
              <span>{t("connection.degraded")}</span>
              {troublesOf(health).map((trouble) => (
                <span key={trouble}>{t(`connection.trouble.${trouble}`)}</span>
              ))}
            </Strip>
          );
        default:
          return null;
      }
  }
}

function Strip({ children }: { readonly children: ReactNode }) {
  return (
    <div role="status" className="border-b border-line bg-warn-soft text-sm text-warn">
      <div className="mx-auto flex min-h-11 max-w-6xl flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1 sm:px-6">
        <Icon name="alert" />
        {children}
      </div>
    </div>
  );
}

function useAnnouncedReturn(isReachable: boolean): void {
  const t = useT();
  const wasLost = useRef(false);
  useEffect(() => {
    if (isReachable && wasLost.current) announce(t("connection.back"));
    wasLost.current = !isReachable && service.getSnapshot().phase !== "unknown";
  }, [isReachable, t]);
}

import type { Health } from "../../client";
import { client } from "../app/client";
import { useService } from "../app/useService";
import { useT } from "../i18n/context";
import { clock, useFormats } from "../i18n/formats";
import { type Figures as Said, total } from "./figures";
import { Figures, Panel } from "./Panel";
import { useLooking } from "./useLooking";

const read = (signal: AbortSignal) => client.queue({ signal });

/** What waits, and who works on it. */
export function Waiting({ figures }: { readonly figures: Said | null }) {
  const t = useT();
  const { number, bytes, duration } = useFormats();
  const { value } = useLooking(read);
  const queue = value?.queue;
  const convex = useService().health?.convex;
  const tell = (name: string, said: (value: number) => string | null) => {
    const found = figures === null ? null : total(figures, name);
    return found === null ? null : said(found);
  };
  return (
    <Panel title={t("service.queue")}>
      {queue && (
        <Figures
          of={[
            [t("service.queue.waiting"), number(queue.queue_size)],
            [t("service.queue.active"), `${queue.active_jobs} / ${queue.max_concurrent_jobs}`],
            [t("service.queue.audio"), clock(queue.audio_seconds_waiting)],
            [t("service.queue.workers"), number(queue.workers)],
            [t("service.queue.memory"), tell("retender_worker_memory_bytes", bytes)],
            [t("service.queue.sockets"), number(value?.websockets.total_connections ?? 0)],
            [t("service.queue.webhooks"), tell("retender_outbox_waiting", number)],
            [
              t("service.queue.webhooks_age"),
              tell("retender_outbox_age_seconds", (age) => (age > 0 ? duration(age) : null)),
            ],
            [t("service.queue.convex"), convex == null ? null : number(waiting(convex))],
            [t("service.queue.convex_parked"), convex?.parked ? number(convex.parked) : null],
          ]}
        />
      )}
      {convex?.reachable === false && (
        <p className="text-sm text-warn">{t("service.convex.away")}</p>
      )}
      {convex?.reason != null && (
        <p lang="en" className="text-xs text-soft">
          {convex.reason}
        </p>
      )}
    </Panel>
  );
}

function waiting({ waiting: ends, behind }: Convex): number {
  return (ends ?? 0) + (behind ?? 0);
}

type Convex = NonNullable<Health["convex"]>;

import { useWords } from "../i18n/context";
import { clock, useFormats } from "../i18n/formats";
import { mean, type Figures as Said, total } from "./figures";
import { Figures, Panel } from "./Panel";

/** Since the service started. */
export function Throughput({ figures }: { readonly figures: Said | null }) {
  const { t, maybe } = useWords();
  const { number, duration } = useFormats();
  if (figures === null) return null;
  const said = (value: number | null, write: (value: number) => string) =>
    value === null ? null : write(value);
  const ratio = mean(figures, "retender_processing_ratio");
  const failed = (figures.get("retender_jobs_failed_total") ?? []).filter(({ value }) => value > 0);
  return (
    <Panel title={t("service.done")}>
      <Figures
        of={[
          [t("service.done.jobs"), said(total(figures, "retender_jobs_submitted_total"), number)],
          [t("service.done.audio"), said(total(figures, "retender_audio_seconds_total"), clock)],
          [
            t("service.done.speed"),
            ratio ? t("service.done.times", { times: Math.round(10 / ratio) / 10 }) : null,
          ],
          [t("service.done.wait"), said(mean(figures, "retender_queue_wait_seconds"), duration)],
          [
            t("service.done.cached"),
            said(total(figures, "retender_jobs_from_cache_total"), number),
          ],
          [t("service.done.retries"), said(total(figures, "retender_chunk_retries_total"), number)],
        ]}
      />
      {failed.length > 0 && (
        <ul className="text-sm">
          {failed.map(({ labels: { code = "" }, value }) => (
            <li key={code}>
              {number(value)} × {maybe(`error.${code}`) ?? code}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

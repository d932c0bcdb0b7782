import { useCallback, useRef } from "react";
import { useT } from "../../i18n/context";
import { clock } from "../../i18n/formats";
import { type Draw, useCanvas } from "../player/useCanvas";
import { useJobValue } from "../useJob";
import { covered, readyTo, shares } from "./coverage";

/** The recording from its beginning to its end: what has its text, and what is being worked on. */
export function Strip({ jobId, duration }: { readonly jobId: string; readonly duration: number }) {
  const t = useT();
  const segments = useJobValue(jobId, ({ segments }) => segments);
  const progress = useJobValue(jobId, ({ progress }) => progress);
  const canvas = useRef<HTMLCanvasElement>(null);
  const ready = readyTo(segments);
  const { inWork } = shares(ready, progress, duration);
  const draw = useCallback<Draw>(
    (context, { width, height, color }) => {
      const x = (seconds: number) => (seconds / duration) * width;
      context.fillStyle = color("--accent-soft");
      context.fillRect(0, 0, x(ready), height);
      context.fillStyle = color("--accent");
      for (const { start, end } of covered(segments, (duration / width) * 0.75)) {
        context.fillRect(x(start), 0, Math.max(1, x(end) - x(start)), height);
      }
      // Being worked on: hatched, so that it does not depend on colour.
      const [from, to] = [x(ready), x(ready) + Math.max(inWork * width, inWork > 0 ? 6 : 0)];
      context.save();
      context.beginPath();
      context.rect(from, 0, to - from, height);
      context.clip();
      context.strokeStyle = color("--accent");
      context.lineWidth = 2;
      for (let at = from - height; at < to; at += 6) {
        context.beginPath();
        context.moveTo(at, height);
        context.lineTo(at + height, 0);
        context.stroke();
      }
      context.restore();
    },
    [segments, duration, ready, inWork],
  );
  useCanvas(canvas, draw);
  return (
    <figure className="flex flex-col gap-1">
      <div aria-hidden="true">
        <canvas ref={canvas} className="block h-4 w-full rounded-sm bg-sunken" />
      </div>
      <figcaption className="flex flex-wrap justify-between gap-x-4 text-xs text-soft">
        <span>{t("job.strip", { ready: clock(ready) })}</span>
        <span>{clock(duration)}</span>
      </figcaption>
    </figure>
  );
}

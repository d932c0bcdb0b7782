import { useCallback, useEffect, useMemo, useRef } from "react";
import type { Peaks } from "../../../client";
import { useT } from "../../i18n/context";
import { useFormats } from "../../i18n/formats";
import { levels } from "./peaks";
import type { Player } from "./player";
import { type Draw, useCanvas } from "./useCanvas";
import { useSecond } from "./usePlayer";

const BAR = 3;
const STEP = 5;

/** The sound as it lies in time, with a slider over it. Without peaks the slider has a plain track. */
export function Waveform({
  player,
  peaks,
  duration,
  hits,
}: {
  readonly player: Player;
  readonly peaks: Peaks | null;
  readonly duration: number;
  /** Moments that a search has found. */
  readonly hits: readonly number[];
}) {
  const played = useRef<HTMLDivElement>(null);
  const slider = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const move = () => {
      const share = duration > 0 ? Math.min(1, player.time / duration) : 0;
      if (played.current) played.current.style.clipPath = `inset(0 ${(1 - share) * 100}% 0 0)`;
      // What somebody drags, the recording does not move.
      if (slider.current) slider.current.value = String(player.time);
    };
    move();
    return player.onMoment(move);
  }, [player, duration]);
  return (
    <div className="relative h-12 grow rounded-md has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
      <div aria-hidden="true" className="absolute inset-0">
        <Shape peaks={peaks} color="--line-strong" />
      </div>
      <div aria-hidden="true" ref={played} className="absolute inset-0">
        <Shape peaks={peaks} color="--accent" />
      </div>
      {hits.length > 0 && (
        <div aria-hidden="true" className="absolute inset-x-0 top-0 h-2">
          <Ticks hits={hits} duration={duration} />
        </div>
      )}
      <Slider slider={slider} player={player} duration={duration} />
    </div>
  );
}

function Slider({
  slider,
  player,
  duration,
}: {
  readonly slider: React.RefObject<HTMLInputElement | null>;
  readonly player: Player;
  readonly duration: number;
}) {
  const t = useT();
  const { spoken } = useFormats();
  const second = useSecond(player);
  return (
    <input
      ref={slider}
      type="range"
      aria-label={t("player.position")}
      aria-valuetext={t("player.position.of", { at: spoken(second), all: spoken(duration) })}
      className="seek absolute inset-0 size-full"
      min={0}
      max={Math.max(duration, 0.1)}
      step={duration > 600 ? 1 : 0.1}
      defaultValue={0}
      onChange={({ target }) => player.seek(Number(target.value))}
    />
  );
}

function Shape({ peaks, color: name }: { readonly peaks: Peaks | null; readonly color: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = useCallback<Draw>(
    (context, { width, height, color }) => {
      context.clearRect(0, 0, width, height);
      context.fillStyle = color(name);
      if (peaks === null) {
        context.fillRect(0, height / 2 - 2, width, 4);
        return;
      }
      const bars = levels(peaks.peaks, Math.floor(width / STEP));
      for (const [at, level] of bars.entries()) {
        // The ear hears ratios.
        const tall = Math.max(2, Math.sqrt(level) * (height - 8));
        context.fillRect((at * width) / bars.length, (height - tall) / 2, BAR, tall);
      }
    },
    [peaks, name],
  );
  useCanvas(canvas, draw);
  return <canvas ref={canvas} className="block size-full" />;
}

function Ticks({
  hits,
  duration,
}: {
  readonly hits: readonly number[];
  readonly duration: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Closer ones cannot be told apart.
  const places = useMemo(() => {
    const rounded = hits.map((seconds) => Math.round((seconds / duration) * 500) / 500);
    return [...new Set(rounded)];
  }, [hits, duration]);
  const draw = useCallback<Draw>(
    (context, { width, height, color }) => {
      context.clearRect(0, 0, width, height);
      context.fillStyle = color("--warn");
      for (const place of places) {
        context.beginPath();
        context.moveTo(place * width - 4, 0);
        context.lineTo(place * width + 4, 0);
        context.lineTo(place * width, height);
        context.fill();
      }
    },
    [places],
  );
  useCanvas(canvas, draw);
  return <canvas ref={canvas} className="block size-full" />;
}

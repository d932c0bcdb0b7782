import { type RefObject, useEffect, useRef, useState } from "react";
import type { Peaks } from "../../../client";
import { jobAddress } from "../../app/routes";
import { useT } from "../../i18n/context";
import { clock, useFormats } from "../../i18n/formats";
import { Icon } from "../../ui/Icon";
import { IconButton } from "../../ui/IconButton";
import { toast } from "../../ui/toasts";
import { copy } from "../copy";
import type { Player } from "./player";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { type Shortcut, useShortcuts } from "./shortcuts";
import { speed, usePlayerView, useSecond } from "./usePlayer";
import { Waveform } from "./Waveform";

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];
const SKIP = 5;

/** Stays at the lower edge while the text scrolls. */
export function PlayerBar({
  jobId,
  player,
  peaks,
  duration,
  hits,
  shortcuts,
}: {
  readonly jobId: string;
  readonly player: Player;
  readonly peaks: Peaks | null;
  readonly duration: number;
  readonly hits: readonly number[];
  /** Of what else is on the page. */
  readonly shortcuts: readonly Shortcut[];
}) {
  const t = useT();
  const { isPlaying, isBroken } = usePlayerView(player);
  const [isHelping, help] = useState(false);
  const all: readonly Shortcut[] = [
    { keys: [" ", "k"], does: "play", run: player.toggle },
    { keys: ["ArrowLeft", "j"], does: "back", run: () => player.skip(-SKIP) },
    { keys: ["ArrowRight", "l"], does: "ahead", run: () => player.skip(SKIP) },
    { keys: ["<"], does: "slower", run: () => changeRate(player, -1) },
    { keys: [">"], does: "faster", run: () => changeRate(player, 1) },
    { keys: ["Control+Enter"], does: "play_in_field", inFields: true, run: player.toggle },
    ...shortcuts,
    { keys: ["?"], does: "help", run: () => help(true) },
  ];
  useShortcuts(all);
  const bar = useRef<HTMLElement>(null);
  useRoomBelow(bar);
  return (
    <>
      <section
        ref={bar}
        aria-label={t("player.title")}
        className="tooltips-above sticky bottom-0 mt-auto z-10 -mx-4 -mb-5 border-t border-line bg-raised px-4 pt-2 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:-mx-6 sm:px-6"
      >
        {isBroken ? (
          <p className="flex min-h-10 items-center gap-2 text-sm text-soft">
            <Icon name="alert" />
            {t("player.broken")}
          </p>
        ) : (
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 md:flex-nowrap">
            <div className="order-2 flex items-center gap-1 md:order-none">
              <IconButton
                icon="skip_back"
                label={t("player.back")}
                onClick={() => player.skip(-SKIP)}
              />
              <IconButton
                icon={isPlaying ? "pause" : "play"}
                label={t(isPlaying ? "player.pause" : "player.play")}
                className="bg-accent text-on-accent! hover:bg-accent-strong!"
                onClick={player.toggle}
              />
              <IconButton
                icon="skip_ahead"
                label={t("player.ahead")}
                onClick={() => player.skip(SKIP)}
              />
            </div>
            <div className="order-1 flex w-full md:order-none md:w-auto md:grow">
              <Waveform player={player} peaks={peaks} duration={duration} hits={hits} />
            </div>
            <Time player={player} duration={duration} />
            <div className="order-4 flex items-center gap-1 md:order-none">
              <Rate player={player} />
              <IconButton
                icon="link"
                label={t("player.link")}
                onClick={() => {
                  const link = new URL(jobAddress(jobId, player.time), location.href).href;
                  void copy(link).then((done) =>
                    toast(done ? t("player.link.copied", { time: clock(player.time) }) : link),
                  );
                }}
              />
              <span className="max-sm:hidden">
                <IconButton icon="help" label={t("shortcuts.title")} onClick={() => help(true)} />
              </span>
            </div>
          </div>
        )}
      </section>
      {isHelping && <ShortcutsDialog shortcuts={all} onClose={() => help(false)} />}
    </>
  );
}

function Time({ player, duration }: { readonly player: Player; readonly duration: number }) {
  const second = useSecond(player);
  return (
    <span className="order-3 grow text-sm whitespace-nowrap tabular-nums md:order-none md:grow-0">
      <span data-testid="time">{clock(second)}</span>
      <span className="text-soft"> / {clock(duration)}</span>
    </span>
  );
}

function Rate({ player }: { readonly player: Player }) {
  const t = useT();
  const { speed: times } = useFormats();
  const { rate } = usePlayerView(player);
  return (
    <select
      aria-label={t("player.speed")}
      className="min-h-9 cursor-pointer w-16 rounded-md border border-line-strong bg-raised px-1 text-sm max-sm:w-14"
      value={rate}
      onChange={({ target }) => setRate(player, Number(target.value))}
    >
      {RATES.map((each) => (
        <option key={each} value={each}>
          {t("player.times", { times: times(each) })}
        </option>
      ))}
    </select>
  );
}

function setRate(player: Player, rate: number): void {
  speed.set(rate);
  player.setRate(rate);
}

function changeRate(player: Player, by: number): void {
  const at = RATES.indexOf(player.getSnapshot().rate);
  const rate = RATES[Math.max(0, Math.min(RATES.length - 1, at + by))];
  if (rate !== undefined) setRate(player, rate);
}

/** Notes at the lower edge of the window stand above it. */
function useRoomBelow(bar: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const { style } = document.documentElement;
    const sizes = new ResizeObserver(() =>
      style.setProperty("--room-below", `${bar.current?.offsetHeight ?? 0}px`),
    );
    if (bar.current !== null) sizes.observe(bar.current);
    return () => {
      sizes.disconnect();
      style.removeProperty("--room-below");
    };
  }, [bar]);
}

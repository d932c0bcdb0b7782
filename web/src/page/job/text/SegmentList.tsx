import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type ReactNode,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { Button } from "../../ui/Button";
import { usePlayerView } from "../player/usePlayer";
import type { Reading } from "./reading";
import { useActive } from "./useActive";
import { usePlayingWord } from "./usePlayingWord";

export interface ListHandle {
  /** Brings a segment to the middle of the window. */
  show(index: number): void;
}

export interface Row {
  readonly segment: Segment;
  readonly index: number;
  readonly isActive: boolean;
}

/** So much of the window's lower edge is the player's. */
const BELOW = 170;
const ABOVE = 80;

/** All segments in a window: only what is near it is on the page. */
export function SegmentList({
  reading,
  estimate,
  label,
  children,
}: {
  readonly reading: Reading;
  /** The height of a row before it is known, in pixels. */
  readonly estimate: (segment: Segment, width: number) => number;
  readonly label: string;
  readonly children: (row: Row) => ReactNode;
}) {
  const { segments, player, marks, follow, list: handle } = reading;
  const t = useT();
  const list = useRef<HTMLOListElement>(null);
  const [place, setPlace] = useState({ top: 0, width: 700 });
  useLayoutEffect(() => {
    const box = list.current?.getBoundingClientRect();
    if (box === undefined) return;
    const [top, width] = [Math.round(box.top + scrollY), Math.round(box.width)];
    if (top !== place.top || width !== place.width) setPlace({ top, width });
  });
  const virtualizer = useWindowVirtualizer({
    count: segments.length,
    estimateSize: (index) => {
      const segment = segments[index];
      return segment === undefined ? 40 : estimate(segment, place.width);
    },
    getItemKey: useKeys(segments),
    overscan: 6,
    scrollMargin: place.top,
  });
  const active = useActive(player, segments);
  const { isPlaying } = usePlayerView(player);
  usePlayingWord(player, segments, marks);
  useEffect(() => marks.show(), [marks]);

  const show = useCallback(
    (index: number) => virtualizer.scrollToIndex(index, { align: "center" }),
    [virtualizer],
  );
  useImperativeHandle(handle, () => ({ show }), [show]);
  const { isOn } = follow;
  useEffect(() => {
    if (!isOn || active < 0) return;
    const row = list.current?.querySelector(`[data-index="${active}"]`);
    const box = row?.getBoundingClientRect();
    if (box === undefined) show(active);
    else if (box.top < ABOVE || box.bottom > innerHeight - BELOW) {
      const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      scrollBy({ top: box.top - innerHeight / 3, behavior: isCalm ? "auto" : "smooth" });
    }
  }, [isOn, active, show]);

  return (
    <>
      <ol
        ref={list}
        aria-label={label}
        className="relative"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map(({ key, index, start }) => {
          const segment = segments[index];
          if (segment === undefined) return null;
          return (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              aria-posinset={index + 1}
              aria-setsize={segments.length}
              aria-current={index === active ? "true" : undefined}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${start - place.top}px)` }}
            >
              {children({ segment, index, isActive: index === active })}
            </li>
          );
        })}
      </ol>
      {!isOn && active >= 0 && isPlaying && (
        <div className="pointer-events-none sticky bottom-32 z-10 flex justify-center md:bottom-20">
          <Button
            icon="target"
            className="pointer-events-auto rounded-full! border-accent! shadow-lg"
            onClick={() => follow.set(true)}
          >
            {t("text.follow.back")}
          </Button>
        </div>
      )}
    </>
  );
}

/** The same function as long as the ids are the same: with another one all heights are worked out
 * anew, at each letter that is typed. */
function useKeys(segments: readonly Segment[]): (index: number) => number {
  const [known, know] = useState(() => keysOf(segments));
  if (known.ids === segments) return known.keyOf;
  const isSame =
    known.ids.length === segments.length &&
    segments.every(({ id }, index) => id === known.ids[index]?.id);
  if (isSame) return known.keyOf;
  const next = keysOf(segments);
  know(next);
  return next.keyOf;
}

function keysOf(ids: readonly Segment[]) {
  return { ids, keyOf: (index: number) => ids[index]?.id ?? index };
}

import { type Ref, useEffect, useRef } from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import type { Player } from "../player/player";
import { offsetAt } from "./caret";
import type { Marks } from "./marks";
import { Passage } from "./Passage";
import { type ListHandle, SegmentList } from "./SegmentList";
import type { Follow } from "./useFollow";
import type { Search } from "./useSearch";
import { timeAt } from "./words";

const NONE: readonly never[] = [];

/** The text to read: a click on a word goes to where it is said. */
export function Text({
  segments,
  player,
  marks,
  follow,
  search,
  handle,
}: {
  readonly segments: readonly Segment[];
  readonly player: Player;
  readonly marks: Marks;
  readonly follow: Follow;
  readonly search: Search;
  readonly handle: Ref<ListHandle>;
}) {
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  useSeekOnClick(place, segments, player, follow);
  const chosen = search.hits[search.at];
  return (
    <div ref={place}>
      <SegmentList
        segments={segments}
        player={player}
        marks={marks}
        follow={follow}
        estimate={heightOf}
        label={t("text.title")}
        handle={handle}
      >
        {({ segment }) => (
          <Passage
            segment={segment}
            found={search.byId.get(segment.id) ?? NONE}
            chosen={chosen?.id === segment.id ? chosen : null}
            player={player}
            marks={marks}
          />
        )}
      </SegmentList>
    </div>
  );
}

const LINE = 28;
const PADDING = 8;
const LETTER = 7.6;

export function heightOf({ text }: Segment, width: number): number {
  const letters = Math.max(10, (width - 96) / LETTER);
  return Math.max(1, Math.ceil(text.length / letters)) * LINE + PADDING;
}

/** One listener for all passages. By keyboard the times beside them do the same. */
function useSeekOnClick(
  place: { readonly current: HTMLElement | null },
  segments: readonly Segment[],
  player: Player,
  follow: Follow,
): void {
  const latest = useRef({ segments, follow });
  useEffect(() => {
    latest.current = { segments, follow };
  });
  useEffect(() => {
    const clicked = (event: MouseEvent) => {
      const passage =
        event.target instanceof Element ? event.target.closest("[data-passage]") : null;
      // Who selects text wants to copy it.
      if (passage === null || getSelection()?.isCollapsed === false) return;
      const id = Number(passage.getAttribute("data-passage"));
      const { segments, follow } = latest.current;
      const segment = segments.find((each) => each.id === id);
      const offset = offsetAt(event.clientX, event.clientY, passage);
      if (segment === undefined) return;
      follow.set(true);
      player.seek(offset === null ? segment.start : timeAt(segment, offset));
    };
    const shown = place.current;
    shown?.addEventListener("click", clicked);
    return () => shown?.removeEventListener("click", clicked);
  }, [place, player]);
}

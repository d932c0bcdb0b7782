import { memo, useLayoutEffect, useRef } from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { clock } from "../../i18n/formats";
import type { Player } from "../player/player";
import type { Marks, Stretch } from "./marks";
import { doubtfulIn } from "./words";

export const PASSAGE =
  "min-w-0 rounded-sm px-2 py-1 text-base leading-7 in-aria-current:bg-accent-soft";

export const Passage = memo(function Passage({
  segment,
  found,
  chosen,
  player,
  marks,
}: {
  readonly segment: Segment;
  readonly found: readonly Stretch[];
  readonly chosen: Stretch | null;
  readonly player: Player;
  readonly marks: Marks;
}) {
  const text = useRef<HTMLParagraphElement>(null);
  useMarks(text, segment, found, chosen, marks);
  return (
    <div className="grid grid-cols-[3.25rem_minmax(0,1fr)]">
      <TimeButton seconds={segment.start} player={player} />
      <p
        ref={text}
        data-passage={segment.id}
        lang={segment.language ?? undefined}
        className={`${PASSAGE} cursor-pointer`}
      >
        {segment.text}
      </p>
    </div>
  );
});

export function TimeButton({
  seconds,
  player,
}: {
  readonly seconds: number;
  readonly player: Player;
}) {
  const t = useT();
  const time = clock(seconds);
  return (
    <button
      type="button"
      aria-label={t("text.go_to", { time })}
      className="mt-1 h-7 cursor-pointer rounded-sm text-start text-xs text-soft tabular-nums hover:text-ink hover:underline"
      onClick={() => player.seek(seconds)}
    >
      {time}
    </button>
  );
}

/** After each drawing: the text node may be another, or say something else. */
export function useMarks(
  text: { readonly current: HTMLElement | null },
  segment: Segment,
  found: readonly Stretch[],
  chosen: Stretch | null,
  marks: Marks,
): void {
  useLayoutEffect(() => {
    const node = text.current?.firstChild;
    if (!(node instanceof Text)) return;
    return marks.attach(segment.id, node);
  }, [text, segment, marks]);
  useLayoutEffect(() => {
    marks.paint("doubtful", segment.id, doubtfulIn(segment));
    marks.paint("found", segment.id, found);
    marks.paint("chosen", segment.id, chosen === null ? [] : [chosen]);
  }, [segment, found, chosen, marks]);
}

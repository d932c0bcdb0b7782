import { useEffect, useRef } from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { EditablePassage } from "../editing/EditablePassage";
import type { Editor } from "../editing/editor";
import { offsetAt } from "./caret";
import { Passage } from "./Passage";
import type { Reading } from "./reading";
import { SegmentList } from "./SegmentList";
import { timeAt } from "./words";

const NONE: readonly never[] = [];

/** The text: a click on a word goes to where it is said, and while it is edited sets the caret. */
export function Text({
  reading,
  editor,
  onEdit,
}: {
  readonly reading: Reading;
  /** Null: it is read. */
  readonly editor: Editor | null;
  /** A double click wants to edit there. */
  readonly onEdit: (id: number, offset: number) => void;
}) {
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  useClicks(place, reading, onEdit);
  const { segments, player, marks, search, chosen } = reading;
  return (
    <div ref={place}>
      <SegmentList reading={reading} estimate={heightOf} label={t("text.title")}>
        {({ segment }) => {
          const shown = {
            segment,
            found: search.byId.get(segment.id) ?? NONE,
            chosen: chosen?.id === segment.id ? chosen : null,
            player,
            marks,
          };
          return editor === null ? (
            <Passage {...shown} />
          ) : (
            <EditablePassage {...shown} editor={editor} />
          );
        }}
      </SegmentList>
      <p className="sr-only">{t("text.count", { count: segments.length })}</p>
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
export function useClicks(
  place: { readonly current: HTMLElement | null },
  reading: Reading,
  onEdit: (id: number, offset: number) => void,
): void {
  const latest = useRef({ reading, onEdit });
  useEffect(() => {
    latest.current = { reading, onEdit };
  });
  useEffect(() => {
    const hit = (event: MouseEvent) => {
      const { target } = event;
      const passage = target instanceof Element ? target.closest("[data-passage]") : null;
      if (passage === null) return null;
      const id = Number(passage.getAttribute("data-passage"));
      const segment = latest.current.reading.segments.find((each) => each.id === id);
      if (segment === undefined) return null;
      return { segment, offset: offsetAt(event.clientX, event.clientY, passage) };
    };
    const clicked = (event: MouseEvent) => {
      const found = hit(event);
      // Who selects text wants to copy it.
      if (found === null || getSelection()?.isCollapsed === false) return;
      const { segment, offset } = found;
      const { follow, player } = latest.current.reading;
      follow.set(true);
      player.seek(offset === null ? segment.start : timeAt(segment, offset));
    };
    const doubled = (event: MouseEvent) => {
      const found = hit(event);
      if (found !== null) latest.current.onEdit(found.segment.id, found.offset ?? 0);
    };
    const shown = place.current;
    shown?.addEventListener("click", clicked);
    shown?.addEventListener("dblclick", doubled);
    return () => {
      shown?.removeEventListener("click", clicked);
      shown?.removeEventListener("dblclick", doubled);
    };
  }, [place]);
}

import { useMemo, useRef } from "react";
import { announce } from "../../ui/announce";
import type { Reading } from "../text/reading";
import { segmentAt } from "../text/words";
import { type Doubt, doubtsIn, nextDoubt, type Place } from "./doubts";
import type { Editor } from "./editor";
import { trust } from "./operations";

export interface Doubts {
  readonly count: number;
  /** The one that was gone to last, as long as it is one. */
  readonly present: Doubt | null;
  readonly next: () => void;
  /** It is right: on to the next. */
  readonly trust: () => void;
}

/** `isWanted`: of a text that still grows they are not counted each time that there is more of it. */
export function useDoubts(
  reading: Reading,
  editor: Editor,
  isEditing: boolean,
  isWanted: boolean,
): Doubts {
  const { segments, player, chosen } = reading;
  const last = useRef<Doubt | null>(null);
  const count = useMemo(() => (isWanted ? doubtsIn(segments) : 0), [segments, isWanted]);
  const go = (after: Place, within: Reading["segments"]) => {
    const found = nextDoubt(within, after);
    last.current = found;
    reading.choose(found);
    if (found === null) return;
    reading.show(found.index, found.start);
    announce(within[found.index]?.text.slice(found.from, found.to) ?? "");
    if (isEditing) editor.wish({ id: found.id, offset: found.from, to: found.to });
  };
  const present =
    last.current !== null && chosen?.id === last.current.id && chosen.from === last.current.from
      ? last.current
      : null;
  return {
    count,
    present,
    next: () => {
      const from = Math.max(0, segmentAt(segments, player.time));
      const place = present === null ? { index: from, offset: -1 } : placeOf(present);
      go(place, segments);
    },
    trust: () => {
      if (present === null) return;
      const trusted = trust(segments, present.id, present.from);
      editor.edit({ segments: trusted, caret: null });
      go(placeOf(present), trusted);
    },
  };
}

function placeOf({ index, from }: Doubt): Place {
  return { index, offset: from };
}

import { useEffect } from "react";
import type { Segment } from "../../../client";
import type { Player } from "../player/player";
import type { Marks } from "./marks";
import { segmentAt, wordAt } from "./words";

/** Marks the word that is said: each frame one search in the text, and a range where it changes. */
export function usePlayingWord(player: Player, segments: readonly Segment[], marks: Marks): void {
  useEffect(() => {
    let painted: { id: number; from: number } | null = null;
    const clear = () => {
      if (painted !== null) marks.paint("playing", painted.id, []);
      painted = null;
    };
    const paint = () => {
      const segment = segments[segmentAt(segments, player.time)];
      const word = segment === undefined ? null : wordAt(segment, player.time);
      if (segment === undefined || word === null || !player.getSnapshot().isUsed) {
        clear();
        return;
      }
      if (painted?.id === segment.id && painted.from === word.from) return;
      clear();
      marks.paint("playing", segment.id, [word]);
      painted = { id: segment.id, from: word.from };
    };
    const unwatch = player.onMoment(paint);
    const unattach = marks.onAttached((id) => {
      if (painted !== null && painted.id !== id) return;
      clear();
      paint();
    });
    paint();
    return () => {
      unwatch();
      unattach();
      clear();
    };
  }, [player, segments, marks]);
}

import { useSyncExternalStore } from "react";
import type { Segment } from "../../../client";
import type { Player } from "../player/player";
import { segmentAt } from "./words";

/** The place of the segment that is played; -1: none. */
export function useActive(player: Player, segments: readonly Segment[]): number {
  return useSyncExternalStore(player.onMoment, () =>
    player.getSnapshot().isUsed ? segmentAt(segments, player.time) : -1,
  );
}

import { type RefObject, useRef, useState } from "react";
import type { Segment } from "../../../client";
import type { Player } from "../player/player";
import { Marks, type Stretch } from "./marks";
import type { ListHandle } from "./SegmentList";
import { hitFrom } from "./search";
import { type Follow, useFollow } from "./useFollow";
import { type Search, useSearch } from "./useSearch";
import { segmentAt } from "./words";

export interface Chosen extends Stretch {
  readonly id: number;
}

/** A text as somebody goes through it. The views of a job share it. */
export interface Reading {
  readonly segments: readonly Segment[];
  readonly player: Player;
  readonly marks: Marks;
  readonly follow: Follow;
  readonly search: Search;
  readonly list: RefObject<ListHandle | null>;
  /** What one has gone to last: a hit, a doubtful word, a problem. */
  readonly chosen: Chosen | null;
  readonly choose: (chosen: Chosen | null) => void;
  /** Goes to a place in the text, and the player with it. */
  readonly show: (index: number, seconds: number) => void;
  readonly goTo: (seconds: number) => void;
  readonly stepHit: (by: 1 | -1) => void;
}

export function useReading(segments: readonly Segment[], player: Player): Reading {
  const [marks] = useState(() => new Marks());
  const follow = useFollow(player);
  const search = useSearch(segments);
  const list = useRef<ListHandle>(null);
  const [chosen, choose] = useState<Chosen | null>(null);
  const show = (index: number, seconds: number) => {
    follow.set(false);
    list.current?.show(index);
    player.seek(seconds);
  };
  const stepHit = (by: 1 | -1) => {
    const { hits, at } = search;
    if (hits.length === 0) return;
    const next = at < 0 ? hitFrom(hits, player.time) : at + by;
    const place = (next + hits.length) % hits.length;
    const hit = hits[place];
    if (hit === undefined) return;
    search.choose(place);
    choose(hit);
    show(hit.index, hit.time);
  };
  return {
    segments,
    player,
    marks,
    follow,
    search,
    list,
    chosen,
    choose,
    show,
    goTo: (seconds) => show(Math.max(0, segmentAt(segments, seconds)), seconds),
    stepHit,
  };
}

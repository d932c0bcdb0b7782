import { useDeferredValue, useMemo, useState } from "react";
import type { Segment } from "../../../client";
import { type Hit, search } from "./search";

export interface Search {
  readonly query: string;
  readonly ask: (query: string) => void;
  readonly hits: readonly Hit[];
  readonly byId: ReadonlyMap<number, readonly Hit[]>;
  readonly moments: readonly number[];
  /** Its place among the hits; -1: none is chosen. */
  readonly at: number;
  readonly choose: (at: number) => void;
}

const NONE: readonly Hit[] = [];

export function useSearch(segments: readonly Segment[]): Search {
  const [query, setQuery] = useState("");
  const [at, choose] = useState(-1);
  const asked = useDeferredValue(query);
  const hits = useMemo(() => (asked === "" ? NONE : search(segments, asked)), [segments, asked]);
  const byId = useMemo(() => grouped(hits), [hits]);
  const moments = useMemo(() => hits.map(({ time }) => time), [hits]);
  const ask = (wanted: string) => {
    setQuery(wanted);
    choose(-1);
  };
  return { query, ask, hits, byId, moments, at: Math.min(at, hits.length - 1), choose };
}

function grouped(hits: readonly Hit[]): ReadonlyMap<number, readonly Hit[]> {
  const groups = new Map<number, Hit[]>();
  for (const hit of hits) {
    const group = groups.get(hit.id);
    if (group === undefined) groups.set(hit.id, [hit]);
    else group.push(hit);
  }
  return groups;
}

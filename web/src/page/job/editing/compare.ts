/** Where a text differs from the original. */
import type { Segment } from "../../../client";
import { common, wordsOf } from "./words";

export interface Piece {
  readonly text: string;
  readonly kind: "same" | "gone" | "come";
}

export interface Difference {
  /** Seconds. */
  readonly time: number;
  readonly pieces: readonly Piece[];
}

/** Stretches with changes, in order. Both are anchored where a segment says the same at the same
 * time. */
export function differences(
  original: readonly Segment[],
  present: readonly Segment[],
): readonly Difference[] {
  const keyOf = ({ start, text }: Segment) => `${start} ${text.trim()}`;
  const places = new Map(present.map((segment, index) => [keyOf(segment), index]));
  const found: Difference[] = [];
  let [before, after] = [0, 0];
  const upTo = (toBefore: number, toAfter: number) => {
    const gone = original.slice(before, toBefore);
    const come = present.slice(after, toAfter);
    const pieces = piecesOf(gone, come);
    const time = come[0]?.start ?? gone[0]?.start;
    if (time !== undefined && pieces.some(({ kind }) => kind !== "same"))
      found.push({ time, pieces });
  };
  for (const [index, segment] of original.entries()) {
    const place = places.get(keyOf(segment));
    if (place === undefined || place < after) continue;
    upTo(index, place);
    [before, after] = [index + 1, place + 1];
  }
  upTo(original.length, present.length);
  return found;
}

function piecesOf(gone: readonly Segment[], come: readonly Segment[]): readonly Piece[] {
  const before = gone.flatMap(({ text }) => wordsOf(text));
  const after = come.flatMap(({ text }) => wordsOf(text));
  const pieces: Piece[] = [];
  const add = (kind: Piece["kind"], words: readonly string[]) => {
    if (words.length > 0) pieces.push({ kind, text: words.join(" ") });
  };
  let [old, fresh, same] = [0, 0, [] as string[]];
  const flush = () => {
    add("same", same);
    same = [];
  };
  for (const [oldAt, freshAt] of common(before, after)) {
    if (oldAt > old || freshAt > fresh) {
      flush();
      add("gone", before.slice(old, oldAt));
      add("come", after.slice(fresh, freshAt));
    }
    same.push(before[oldAt] ?? "");
    [old, fresh] = [oldAt + 1, freshAt + 1];
  }
  flush();
  add("gone", before.slice(old));
  add("come", after.slice(fresh));
  return pieces;
}

/** Search in the text: accents and case do not count. */
import type { Segment } from "../../../client";
import { timeAt } from "./words";

export interface Hit {
  readonly index: number;
  readonly id: number;
  /** Characters of the segment's text, half open. */
  readonly from: number;
  readonly to: number;
  /** Seconds. */
  readonly time: number;
}

export function folded(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

const foldedTexts = new WeakMap<Segment, string>();

function foldedText(segment: Segment): string {
  const before = foldedTexts.get(segment);
  if (before !== undefined) return before;
  const text = folded(segment.text).replaceAll(/\s/g, " ");
  foldedTexts.set(segment, text);
  return text;
}

const MOST = 5000;

export function search(segments: readonly Segment[], query: string): readonly Hit[] {
  const wanted = folded(query).trim().replaceAll(/\s+/g, " ");
  const hits: Hit[] = [];
  if (wanted === "") return hits;
  for (const [index, segment] of segments.entries()) {
    const text = foldedText(segment);
    let at = text.indexOf(wanted);
    if (at < 0) continue;
    const places = unfolded(segment.text, text);
    while (at >= 0 && hits.length < MOST) {
      const end = at + wanted.length;
      const [from, to] = places === null ? [at, end] : [places[at] ?? 0, places[end] ?? end];
      hits.push({ index, id: segment.id, from, to, time: timeAt(segment, from) });
      at = text.indexOf(wanted, at + wanted.length);
    }
    if (hits.length >= MOST) break;
  }
  return hits;
}

const MARK = /\p{M}/u;

/** For each character of the folded text, where in the text it comes from; null: from the same
 * place, each of them. */
function unfolded(text: string, short: string): readonly number[] | null {
  // Where nothing is left out and nothing is added, one character has become one.
  if (text.length === short.length && !MARK.test(text)) return null;
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    for (let count = folded(character).length; count > 0; count -= 1) places.push(at);
    at += character.length;
  }
  places.push(at);
  return places;
}

/** The hit to go to next from a moment: the first one after it, from the end on the first of all. */
export function hitFrom(hits: readonly Hit[], seconds: number): number {
  return Math.max(
    0,
    hits.findIndex(({ time }) => time >= seconds),
  );
}

/** Where the words of a segment stand in its text, and when they are said. */
import type { Segment } from "../../../client";

export interface Placed {
  /** Characters of the segment's text, half open. */
  readonly from: number;
  readonly to: number;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
  /** Its time is worked out from the segment's, by letters. */
  readonly isGuessed: boolean;
}

const known = new WeakMap<Segment, readonly Placed[]>();

/** In order. Words that do not stand in the text are left out. */
export function placedWords(segment: Segment): readonly Placed[] {
  const before = known.get(segment);
  if (before !== undefined) return before;
  const words = measured(segment) ?? spread(segment);
  known.set(segment, words);
  return words;
}

function measured({ text, words = [] }: Segment): readonly Placed[] | null {
  if (words.length === 0) return null;
  const placed: Placed[] = [];
  let after = 0;
  for (const { word, start, end, confidence } of words) {
    const said = word.trim();
    const from = said === "" ? -1 : text.indexOf(said, after);
    if (from < 0) continue;
    after = from + said.length;
    placed.push({ from, to: after, start, end, confidence, isGuessed: false });
  }
  return placed.length === 0 ? null : placed;
}

/** Where times of words were not asked for. */
function spread({ text, start, end, confidence }: Segment): readonly Placed[] {
  const tokens = tokensOf(text);
  const letters = tokens.reduce((sum, { from, to }) => sum + to - from, 0);
  let before = 0;
  return tokens.map(({ from, to }) => {
    const begin = start + ((end - start) * before) / letters;
    before += to - from;
    const finish = start + ((end - start) * before) / letters;
    return { from, to, start: begin, end: finish, confidence, isGuessed: true };
  });
}

export interface Token {
  readonly from: number;
  readonly to: number;
}

export function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(/\S+/g)].map((found) => ({
    from: found.index,
    to: found.index + found[0].length,
  }));
}

/** The moment that belongs to a place in the text: the beginning of the word there. */
export function timeAt(segment: Segment, offset: number): number {
  const words = placedWords(segment);
  const word = words.find(({ to }) => offset < to) ?? words.at(-1);
  return word?.start ?? segment.start;
}

/** The word that is said then, or was the last one; null: none yet. */
export function wordAt(segment: Segment, seconds: number): Placed | null {
  const words = placedWords(segment);
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((words[middle]?.start ?? 0) <= seconds) low = middle + 1;
    else high = middle;
  }
  return words[low - 1] ?? null;
}

/** The place of the segment that is said then, or was the last one; -1: none yet. */
export function segmentAt(segments: readonly Segment[], seconds: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.start ?? 0) <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Below this a word is worth another look. */
export const DOUBTFUL = 0.5;

const doubts = new WeakMap<Segment, readonly Placed[]>();

export function doubtfulIn(segment: Segment): readonly Placed[] {
  const before = doubts.get(segment);
  if (before !== undefined) return before;
  const found = doubtfulOf(segment);
  doubts.set(segment, found);
  return found;
}

function doubtfulOf(segment: Segment): readonly Placed[] {
  const doubtful = placedWords(segment).filter(({ confidence }) => confidence < DOUBTFUL);
  const [first, last] = [doubtful[0], doubtful.at(-1)];
  // A confidence of the whole segment says nothing about one word of it.
  if (first?.isGuessed && last) return [{ ...first, to: last.to, end: last.end }];
  return doubtful;
}

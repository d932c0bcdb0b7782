/** What can be done to a transcript: each takes one, and gives the next with the caret in it. Ids
 * are only good within the page: what is stored is numbered anew. */
import type { Segment, Word } from "../../../client";
import { placedWords } from "../text/words";
import { outer, seamAt, seamBetween, sewn, sewnWords, withoutSeams } from "./seam";
import { retexted, rounded } from "./words";

export interface Caret {
  readonly id: number;
  readonly offset: number;
  /** The end of what is selected; nothing is without it. */
  readonly to?: number;
}

export interface Edited {
  readonly segments: readonly Segment[];
  readonly caret: Caret | null;
}

export function write(segments: readonly Segment[], id: number, text: string): readonly Segment[] {
  return segments.map((each) => (each.id === id ? retexted(each, text) : each));
}

/** Enter: the words before the caret stay, the others begin a segment of their own at their time. */
export function split(segments: readonly Segment[], id: number, offset: number): Edited | null {
  const index = segments.findIndex((each) => each.id === id);
  const segment = segments[index];
  if (segment === undefined) return null;
  const parts = halves(segment, offset, nextId(segments));
  if (parts === null) return null;
  return {
    segments: segments.toSpliced(index, 1, ...parts),
    caret: { id: parts[1].id, offset: 0 },
  };
}

export function halves(
  segment: Segment,
  offset: number,
  newId: number,
): readonly [Segment, Segment] | null {
  const before = segment.text.slice(0, offset).trimEnd();
  const after = segment.text.slice(offset).trimStart();
  if (before === "" || after === "") return null;
  const placed = placedWords(segment);
  // A word that the caret stands in belongs to both: each has its part of it.
  const first = placed.filter(({ from }) => from < offset);
  const second = placed.filter(({ to }) => to > offset);
  const cut = placed.find(({ from, to }) => from < offset && to > offset);
  const middle =
    cut === undefined
      ? null
      : cut.start + ((cut.end - cut.start) * (offset - cut.from)) / (cut.to - cut.from);
  const start = rounded(middle ?? second[0]?.start ?? segment.end);
  const end = rounded(middle ?? Math.min(start, first.at(-1)?.end ?? start));
  const words = wordsOf(segment);
  const left = { ...segment, end, words: words.slice(0, first.length) };
  const right = {
    ...segment,
    id: newId,
    start,
    words: words.slice(words.length - second.length),
  };
  const confidence = cut?.confidence ?? null;
  const seam = seamAt(segment.text, offset, start, confidence);
  return sewn(within(left, before), within(right, after), seam);
}

/** Words of the two parts of a word that was cut do not reach over the cut. */
function within(segment: Segment, text: string): Segment {
  const { start, end, words = [] } = segment;
  if (words.length === 0) return { ...segment, text };
  const clamped = words.map((word) => ({
    ...word,
    start: Math.min(end, Math.max(start, word.start)),
    end: Math.min(end, Math.max(start, word.end)),
  }));
  return retexted({ ...segment, text: "", words: clamped }, text);
}

/** Those words that stand in the text: the same as `placedWords`, in the same order. */
function wordsOf(segment: Segment): readonly Word[] {
  const placed = placedWords(segment);
  if (placed[0]?.isGuessed !== false) return [];
  return placed.map(({ from, to, start, end, confidence }) => ({
    word: ` ${segment.text.slice(from, to)}`,
    start,
    end,
    confidence,
  }));
}

/** Backspace at the beginning of a segment: it becomes the end of the one before. */
export function joinWithFormer(segments: readonly Segment[], id: number): Edited | null {
  const index = segments.findIndex((each) => each.id === id);
  return joinAt(segments, index - 1);
}

/** Delete at its end. */
export function joinWithNext(segments: readonly Segment[], id: number): Edited | null {
  return joinAt(
    segments,
    segments.findIndex((each) => each.id === id),
  );
}

function joinAt(segments: readonly Segment[], index: number): Edited | null {
  const [former, latter] = [segments[index], segments[index + 1]];
  if (former === undefined || latter === undefined) return null;
  const joint = joined(former, latter);
  const offset = former.text.trimEnd().length;
  const blank = offset === 0 || seamBetween(former, latter) !== null ? 0 : 1;
  return {
    segments: segments.toSpliced(index, 2, joint),
    caret: { id: joint.id, offset: offset + blank },
  };
}

export function joined(former: Segment, latter: Segment): Segment {
  const text = [former.text.trimEnd(), latter.text.trimStart()].filter((part) => part !== "");
  const isTimed = (former.words ?? []).length + (latter.words ?? []).length > 0;
  const seconds = [former.end - former.start, latter.end - latter.start];
  const all = (seconds[0] ?? 0) + (seconds[1] ?? 0) || 1;
  const confidence =
    (former.confidence * (seconds[0] ?? 0) + latter.confidence * (seconds[1] ?? 0)) / all;
  const seam = seamBetween(former, latter);
  const words = isTimed ? [timed(former), timed(latter)] : [[], []];
  return {
    ...withoutSeams(former),
    ...outer(former, latter),
    end: Math.max(former.end, latter.end),
    text: text.join(seam === null ? " " : ""),
    confidence: rounded(confidence),
    words: seam === null ? words.flat() : sewnWords(words[0] ?? [], words[1] ?? [], seam),
  };
}

function timed(segment: Segment): readonly Word[] {
  const measured = wordsOf(segment);
  if (measured.length > 0) return measured;
  return placedWords(segment).map(({ from, to, start, end, confidence }) => ({
    word: ` ${segment.text.slice(from, to)}`,
    start: rounded(start),
    end: rounded(end),
    confidence,
  }));
}

export function remove(segments: readonly Segment[], id: number): readonly Segment[] {
  return segments.filter((each) => each.id !== id);
}

/** The words at this place are right as they are. */
export function trust(segments: readonly Segment[], id: number, from: number): readonly Segment[] {
  return segments.map((segment) => {
    if (segment.id !== id) return segment;
    const placed = placedWords(segment);
    if (placed[0]?.isGuessed !== false) return { ...segment, confidence: 1 };
    const at = placed.findIndex((word) => word.from === from);
    const words = wordsOf(segment).map((word, index) =>
      index === at ? { ...word, confidence: 1 } : word,
    );
    return { ...segment, words };
  });
}

/** Times of a segment, held between those of its neighbours. */
export function retime(
  segments: readonly Segment[],
  id: number,
  start: number,
  end: number,
): readonly Segment[] {
  const index = segments.findIndex((each) => each.id === id);
  const segment = segments[index];
  if (segment === undefined) return segments;
  const least = segments[index - 1]?.end ?? 0;
  const most = segments[index + 1]?.start ?? Number.POSITIVE_INFINITY;
  const begin = rounded(Math.min(Math.max(start, least), most));
  const finish = rounded(Math.min(Math.max(end, begin), most));
  const words = (segment.words ?? []).map((word) => ({
    ...word,
    start: Math.min(finish, Math.max(begin, word.start)),
    end: Math.min(finish, Math.max(begin, word.end)),
  }));
  return segments.with(index, { ...segment, start: begin, end: finish, words });
}

export function nextId(segments: readonly Segment[]): number {
  return segments.reduce((most, { id }) => Math.max(most, id), -1) + 1;
}

/** As it is stored: numbered in order, without what is blank. */
export function numbered(segments: readonly Segment[]): readonly Segment[] {
  return segments
    .filter(({ text }) => text.trim() !== "")
    .map((segment, id) => ({ ...withoutSeams(segment), id, text: segment.text.trim() }));
}

/** Where Enter cut a word in two: joining both halves gives the word back, without a blank. Kept with
 * the segments while they are edited, and in the draft; what is stored has no place for it. */
import type { Segment, Word } from "../../../client";
import { tokensOf } from "../text/words";

/** Both halves have the same: a segment that came between them later has not. */
interface Seam {
  /** Seconds. */
  readonly at: number;
  readonly word: string;
  /** Null: the cut was between two words with times, where the language writes no blank. */
  readonly confidence: number | null;
}

interface Halved extends Segment {
  readonly seamBefore?: Seam | null;
  readonly seamAfter?: Seam | null;
}

/** Null: there is a blank at the cut. */
export function seamAt(
  text: string,
  offset: number,
  at: number,
  confidence: number | null,
): Seam | null {
  const token = tokensOf(text).find(({ from, to }) => from < offset && offset < to);
  return token === undefined ? null : { at, word: text.slice(token.from, token.to), confidence };
}

/** The halves of what was one segment, which keep its seams towards its neighbours. */
export function sewn(
  former: Segment,
  latter: Segment,
  seam: Seam | null,
): readonly [Segment, Segment] {
  if (seam === null && outer(former, latter) === null) return [former, latter];
  const left: Halved = { ...former, seamAfter: seam };
  const right: Halved = { ...latter, seamBefore: seam };
  return [left, right];
}

/** The seams that a joint keeps towards its neighbours. */
export function outer(former: Segment, latter: Segment): Partial<Halved> | null {
  const { seamBefore = null } = former as Halved;
  const { seamAfter = null } = latter as Halved;
  return seamBefore === null && seamAfter === null ? null : { seamBefore, seamAfter };
}

/** The seam between both; null: they are joined with a blank. */
export function seamBetween(former: Segment, latter: Segment): Seam | null {
  const { seamAfter = null } = former as Halved;
  const { seamBefore = null } = latter as Halved;
  if (seamAfter === null || seamBefore === null) return null;
  const isSame = seamAfter.at === seamBefore.at && seamAfter.word === seamBefore.word;
  return isSame && /\S$/.test(former.text) && /^\S/.test(latter.text) ? seamAfter : null;
}

/** The halves of a word are one again. As it was before, it is as certain as before. */
export function sewnWords(
  former: readonly Word[],
  latter: readonly Word[],
  { word, confidence }: Seam,
): Word[] {
  const [left, right] = [former.at(-1), latter[0]];
  if (confidence === null || left === undefined || right === undefined) {
    return [...former, ...latter];
  }
  const whole = left.word + right.word.trimStart();
  const joint = {
    word: whole,
    start: left.start,
    end: right.end,
    confidence: whole.trim() === word ? confidence : 1,
  };
  return [...former.slice(0, -1), joint, ...latter.slice(1)];
}

export function withoutSeams(segment: Segment): Segment {
  const { seamBefore: _, seamAfter: __, ...rest } = segment as Halved;
  return rest;
}

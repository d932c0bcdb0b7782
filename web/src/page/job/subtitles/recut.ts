/**
 * Subtitles made anew from the words and their times: each within the limits where that is possible
 * at all, ended where a sentence or a pause ends, and shown for as long as it takes to read.
 */
import type { Segment, Word } from "../../../client";
import { rounded } from "../editing/words";
import { placedWords } from "../text/words";
import { lengthOf } from "./checks";
import type { SubtitleLimits } from "./limits";
import { brokenLines, fits } from "./lines";

interface Said extends Word {
  readonly length: number;
  readonly language: string | null;
  readonly isTimed: boolean;
}

/** Seconds of silence: nobody reads on over these. */
const SILENCE = 1.5;
const PAUSE = 0.4;
/** More words are in no subtitle. */
const MOST_WORDS = 40;

export function recut(segments: readonly Segment[], limits: SubtitleLimits): readonly Segment[] {
  const cues = stretches(segments.flatMap(said)).flatMap((words) => cut(words, limits));
  return cues.map((words, index) => cue(words, cues[index + 1]?.[0]?.start, index, limits));
}

function said(segment: Segment): readonly Said[] {
  return placedWords(segment).map(({ from, to, start, end, confidence, isGuessed }) => {
    const word = segment.text.slice(from, to);
    const { language } = segment;
    return { word, start, end, confidence, language, isTimed: !isGuessed, length: lengthOf(word) };
  });
}

function stretches(words: readonly Said[]): readonly (readonly Said[])[] {
  const all: Said[][] = [];
  for (const word of words) {
    const current = all.at(-1);
    const last = current?.at(-1);
    const goesOn =
      last !== undefined && word.start - last.end < SILENCE && word.language === last.language;
    if (current !== undefined && goesOn) current.push(word);
    else all.push([word]);
  }
  return all;
}

/** The cheapest way to divide a stretch. */
function cut(words: readonly Said[], limits: SubtitleLimits): readonly (readonly Said[])[] {
  const costs = [0];
  const starts = [0];
  for (let end = 1; end <= words.length; end += 1) {
    costs[end] = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= Math.max(0, end - MOST_WORDS); start -= 1) {
      const own = costOf(words, start, end, limits);
      if (own === Number.POSITIVE_INFINITY) break;
      const cost = (costs[start] ?? 0) + own;
      if (cost < (costs[end] ?? 0)) [costs[end], starts[end]] = [cost, start];
    }
  }
  const cues: (readonly Said[])[] = [];
  for (let end = words.length; end > 0; end = starts[end] ?? 0) {
    cues.unshift(words.slice(starts[end] ?? 0, end));
  }
  return cues;
}

const EACH = 1;
const AFTER_COMMA = 0.3;
const AFTER_PAUSE = 0.2;
const WITHIN_SENTENCE = 1.1;
const TWO_SENTENCES = 1.2;
const TOO_FAST = 0.4;

/** Infinite: too long, and longer ones are so too. One word alone is always possible. */
function costOf(
  words: readonly Said[],
  start: number,
  end: number,
  limits: SubtitleLimits,
): number {
  const cue = words.slice(start, end);
  const [first, last] = [cue[0], cue.at(-1)];
  if (first === undefined || last === undefined) return Number.POSITIVE_INFINITY;
  const seconds = last.end - first.start;
  const lengths = cue.map(({ length }) => length);
  const isPossible = seconds <= limits.longest && fits(lengths, limits);
  if (!isPossible && cue.length > 1) return Number.POSITIVE_INFINITY;
  const characters = lengths.reduce((sum, length) => sum + length + 1, -1);
  const next = words[end];
  // It may stay until the next one comes.
  const shown = Math.max(
    seconds,
    Math.min((next?.start ?? last.end + 2) - limits.gap, last.end + 1) - first.start,
  );
  const haste = characters / Math.max(shown, 0.1) / limits.speed - 1;
  const tooFast = haste > 0 ? TOO_FAST + 2 * haste : 0;
  const tooShort = Math.max(0, limits.shortest - shown) / limits.shortest;
  // A pause within it ends a sentence as well as a full stop does.
  const sentences = cue.filter(
    ({ word, end: ends }, at) =>
      at < cue.length - 1 && (isEnd(word) || (cue[at + 1]?.start ?? 0) - ends >= PAUSE),
  ).length;
  return EACH + endCost(last, next) + tooFast + tooShort + sentences * TWO_SENTENCES;
}

function endCost(last: Said, next: Said | undefined): number {
  if (next === undefined || isEnd(last.word)) return 0;
  if (next.start - last.end >= PAUSE) return AFTER_PAUSE;
  return /[,;:]$/.test(last.word) ? AFTER_COMMA : WITHIN_SENTENCE;
}

function isEnd(word: string): boolean {
  return /[.!?…]["»”')]*$/.test(word);
}

function cue(
  words: readonly Said[],
  nextStart: number | undefined,
  id: number,
  limits: SubtitleLimits,
): Segment {
  const [first, last] = [words[0], words.at(-1)];
  const start = first?.start ?? 0;
  const spoken = last?.end ?? start;
  const text = brokenLines(words.map(({ word }) => word).join(" "), limits);
  const wanted = Math.max(spoken, start + limits.shortest, start + lengthOf(text) / limits.speed);
  const most = Math.min(
    (nextStart ?? Number.POSITIVE_INFINITY) - limits.gap,
    start + limits.longest,
  );
  const end = rounded(Math.max(start, Math.min(wanted, most)));
  const isTimed = words.some((word) => word.isTimed);
  const confidence = words.reduce((sum, word) => sum + word.confidence, 0) / (words.length || 1);
  return {
    id,
    start: rounded(start),
    end,
    text,
    confidence: rounded(confidence),
    language: first?.language ?? null,
    words: isTimed ? words.map((word) => within(word, end)) : [],
  };
}

/** Words that end a little later than what is shown, as the gap to the next asks for. */
function within({ word, start, end, confidence }: Said, most: number): Word {
  return { word: ` ${word}`, start: Math.min(start, most), end: Math.min(end, most), confidence };
}

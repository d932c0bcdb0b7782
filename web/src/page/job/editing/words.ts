/** Times for the words of a text that somebody has changed. */
import type { Segment, Word } from "../../../client";
import { tokensOf } from "../text/words";

/** The segment with another text. Words that stay keep their times; what stands in place of others
 * takes theirs. A word that a person wrote is certain. */
export function retexted(segment: Segment, text: string): Segment {
  if (text === segment.text) return segment;
  const { words = [] } = segment;
  if (words.length === 0) return { ...segment, text };
  return { ...segment, text, words: aligned(words, wordsOf(text), segment) };
}

export function wordsOf(text: string): readonly string[] {
  return tokensOf(text).map(({ from, to }) => text.slice(from, to));
}

function aligned(
  before: readonly Word[],
  tokens: readonly string[],
  { start, end }: { readonly start: number; readonly end: number },
): Word[] {
  const pairs = common(
    before.map(({ word }) => word.trim()),
    tokens,
  );
  const isSpaced = before.some(({ word }) => word.startsWith(" "));
  const written = (token: string) => (isSpaced ? ` ${token}` : token);
  const words: Word[] = [];
  let [old, fresh] = [0, 0];
  const replace = (upToOld: number, upToFresh: number) => {
    const gone = before.slice(old, upToOld);
    const come = tokens.slice(fresh, upToFresh);
    const from = gone[0]?.start ?? words.at(-1)?.end ?? start;
    const to = gone.at(-1)?.end ?? before[upToOld]?.start ?? end;
    if (gone.length === come.length) {
      // One for one: corrections of how words are written.
      for (const [at, token] of come.entries()) {
        const { start: begin, end: finish } = gone[at] as Word;
        words.push({ word: written(token), start: begin, end: finish, confidence: 1 });
      }
    } else words.push(...spread(come.map(written), from, Math.max(from, to)));
    [old, fresh] = [upToOld, upToFresh];
  };
  for (const [oldAt, freshAt] of pairs) {
    replace(oldAt, freshAt);
    words.push(before[oldAt] as Word);
    [old, fresh] = [oldAt + 1, freshAt + 1];
  }
  replace(before.length, tokens.length);
  return words;
}

function spread(words: readonly string[], start: number, end: number): Word[] {
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  let before = 0;
  return words.map((word) => {
    const begin = start + ((end - start) * before) / letters;
    before += word.length;
    return {
      word,
      start: rounded(begin),
      end: rounded(start + ((end - start) * before) / letters),
      confidence: 1,
    };
  });
}

export function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** More than so many comparisons are not made: a text that is quite another has little in common. */
const MOST = 250_000;

/** The longest sequence that both have, as pairs of places. */
export function common(
  before: readonly string[],
  after: readonly string[],
): readonly (readonly [number, number])[] {
  let first = 0;
  const shorter = Math.min(before.length, after.length);
  while (first < shorter && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < shorter - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
  const pairs: (readonly [number, number])[] = Array.from({ length: first }, (_, at) => [at, at]);
  const middle = longest(
    before.slice(first, before.length - last),
    after.slice(first, after.length - last),
  );
  for (const [a, b] of middle) pairs.push([first + a, first + b]);
  for (let at = last; at > 0; at -= 1) pairs.push([before.length - at, after.length - at]);
  return pairs;
}

function longest(
  before: readonly string[],
  after: readonly string[],
): readonly (readonly [number, number])[] {
  const width = after.length + 1;
  if (before.length * after.length > MOST) return [];
  // How long the longest is from each pair of places on.
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (a: number, b: number) => lengths[a * width + b] ?? 0;
  for (let a = before.length - 1; a >= 0; a -= 1) {
    for (let b = after.length - 1; b >= 0; b -= 1) {
      lengths[a * width + b] =
        before[a] === after[b] ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  let [a, b] = [0, 0];
  while (a < before.length && b < after.length) {
    if (before[a] === after[b]) {
      pairs.push([a, b]);
      [a, b] = [a + 1, b + 1];
    } else if (at(a + 1, b) >= at(a, b + 1)) a += 1;
    else b += 1;
  }
  return pairs;
}

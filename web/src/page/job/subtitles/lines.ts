/** Where the text of one subtitle is broken into lines. */
import { lengthOf } from "./checks";
import type { SubtitleLimits } from "./limits";

/** As few lines as the limit allows, of much the same length; after a comma rather than elsewhere,
 * and not after a word that belongs to the next. What fits in no way is broken where it is least
 * too long. */
export function brokenLines(
  text: string,
  { characters, lines }: Pick<SubtitleLimits, "characters" | "lines">,
): string {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const whole = words.join(" ");
  const most = Math.max(1, lines);
  for (let count = 1; count <= most; count += 1) {
    const broken = balanced(words, count);
    if (count === most || broken.every((line) => lengthOf(line) <= characters)) {
      return broken.join("\n");
    }
  }
  return whole;
}

/** Whether it can be broken into so few lines. */
export function fits(
  lengths: readonly number[],
  { characters, lines }: Pick<SubtitleLimits, "characters" | "lines">,
): boolean {
  let [used, line] = [1, -1];
  for (const length of lengths) {
    if (length > characters) return false;
    if (line + 1 + length <= characters) line += 1 + length;
    else [used, line] = [used + 1, length];
  }
  return used <= lines;
}

const AFTER_MARK = -12;
const AFTER_SMALL_WORD = 8;
const SMALL =
  /^(?:a|al|con|de|del|e|el|en|la|las|lo|los|mi|o|por|que|se|si|su|sus|tu|u|un|una|y|and|an|at|by|for|in|my|of|on|or|the|to|with|your)$/i;

function balanced(words: readonly string[], count: number): readonly string[] {
  if (count <= 1 || words.length <= 1) return [words.join(" ")];
  const lengths = words.map(lengthOf);
  const total = lengths.reduce((sum, length) => sum + length + 1, -1);
  const aim = total / count;
  let best = { cost: Number.POSITIVE_INFINITY, at: 1 };
  let before = -1;
  for (let at = 1; at < words.length; at += 1) {
    before += (lengths[at - 1] ?? 0) + 1;
    const last = words[at - 1] ?? "";
    const cost =
      Math.abs(before - aim) +
      // The longest line decides whether it fits.
      Math.max(before, (total - before) / (count - 1)) / 2 +
      (/[,.;:!?…]$/.test(last) ? AFTER_MARK : 0) +
      (SMALL.test(last) ? AFTER_SMALL_WORD : 0);
    if (cost < best.cost) best = { cost, at };
  }
  return [words.slice(0, best.at).join(" "), ...balanced(words.slice(best.at), count - 1)];
}

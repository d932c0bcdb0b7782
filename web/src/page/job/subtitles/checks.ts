/** What is wrong with a subtitle, and its figures. */
import type { Segment } from "../../../client";
import type { SubtitleLimits } from "./limits";

export const PROBLEMS = [
  "too_fast",
  "line_too_long",
  "too_many_lines",
  "too_short",
  "too_long",
  "overlap",
  "gap",
] as const;
export type Problem = (typeof PROBLEMS)[number];

export interface Figures {
  /** Characters per second, as they are read: a break of the line is a space. */
  readonly speed: number;
  /** Characters of the longest line. */
  readonly longestLine: number;
  readonly lines: number;
  readonly seconds: number;
}

export function figuresOf({ text, start, end }: Segment): Figures {
  const lines = linesOf(text);
  const characters = lines.reduce((sum, line) => sum + lengthOf(line), lines.length - 1);
  const seconds = Math.max(0, end - start);
  return {
    speed: seconds === 0 ? Number.POSITIVE_INFINITY : characters / seconds,
    longestLine: Math.max(0, ...lines.map(lengthOf)),
    lines: lines.length,
    seconds,
  };
}

/** A rounding of times is no problem. */
const TOLERANCE = 0.005;

export function problemsOf(
  segment: Segment,
  next: Segment | undefined,
  limits: SubtitleLimits,
): readonly Problem[] {
  const { speed, longestLine, lines, seconds } = figuresOf(segment);
  const gap = next === undefined ? Number.POSITIVE_INFINITY : next.start - segment.end;
  const found: Record<Problem, boolean> = {
    too_fast: speed > limits.speed + 0.05,
    line_too_long: longestLine > limits.characters,
    too_many_lines: lines > limits.lines,
    too_short: seconds < limits.shortest - TOLERANCE,
    too_long: seconds > limits.longest + TOLERANCE,
    overlap: gap < -TOLERANCE,
    gap: gap >= -TOLERANCE && gap < limits.gap - TOLERANCE,
  };
  return PROBLEMS.filter((problem) => found[problem]);
}

/** The place of the next subtitle with a problem, from the end on from the beginning; -1: none. */
export function nextProblem(
  segments: readonly Segment[],
  after: number,
  limits: SubtitleLimits,
): number {
  const count = segments.length;
  for (let step = 1; step <= count; step += 1) {
    const index = (after + step) % count;
    const segment = segments[index];
    if (segment && problemsOf(segment, segments[index + 1], limits).length > 0) return index;
  }
  return -1;
}

export function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Characters as people count them. */
export function lengthOf(line: string): number {
  return [...line.normalize("NFC")].length;
}

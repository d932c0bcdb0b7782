import { describe, expect, it } from "vitest";
import type { Segment } from "../../../src/client";
import {
  figuresOf,
  linesOf,
  nextProblem,
  problemsOf,
} from "../../../src/page/job/subtitles/checks";
import { USUAL } from "../../../src/page/job/subtitles/limits";
import { brokenLines, fits } from "../../../src/page/job/subtitles/lines";
import { recut } from "../../../src/page/job/subtitles/recut";
import { secondsOf } from "../../../src/page/job/subtitles/times";

function subtitle(text: string, start: number, end: number): Segment {
  return { id: start, start, end, text, confidence: 1, language: "es", words: [] };
}

/** So many seconds for each letter. */
function spoken(text: string, start = 0, pace = 0.08): Segment {
  let at = start;
  const words = text.split(" ").map((word) => {
    const begin = at;
    at += word.length * pace + 0.05;
    return { word: ` ${word}`, start: begin, end: at - 0.05, confidence: 0.9 };
  });
  return { id: start, start, end: at, text, confidence: 0.9, language: "es", words };
}

const TEXT =
  "Buenos días a todos, y gracias por venir. Hoy vamos a hablar de la reunión que tuvimos la semana pasada con el ayuntamiento de la ciudad, donde se decidió que las obras empezarán en primavera. ¿Hay alguna pregunta? Entonces seguimos con el segundo punto.";

describe("the checks of a subtitle", () => {
  const problems = (text: string, end: number, next?: Segment) =>
    problemsOf(subtitle(text, 0, end), next, USUAL);

  it("find what is read too fast, a break of the line counting as a space", () => {
    expect(figuresOf(subtitle("doce\nletras", 0, 2)).speed).toBe(5.5);
    expect(problems("x".repeat(34), 2)).toEqual([]);
    expect(problems("x".repeat(35), 2)).toEqual(["too_fast"]);
  });

  it("find lines that are too long, and too many", () => {
    expect(problems(`${"x".repeat(42)}\n${"x".repeat(42)}`, 6)).toEqual([]);
    expect(problems("x".repeat(43), 6)).toEqual(["line_too_long"]);
    expect(problems("a\nb\nc", 2)).toEqual(["too_many_lines"]);
  });

  it("find what is shown too briefly and too long", () => {
    expect(problems("no", 0.5)).toEqual(["too_short"]);
    expect(problems("no", 5 / 6)).toEqual([]);
    expect(problems("no", 7.5)).toEqual(["too_long"]);
  });

  it("find what overlaps with the next, and what has no gap to it", () => {
    expect(problems("sí", 2, subtitle("no", 1.5, 3))).toEqual(["overlap"]);
    expect(problems("sí", 2, subtitle("no", 2, 3))).toEqual(["gap"]);
    expect(problems("sí", 2, subtitle("no", 2.08, 3))).toEqual([]);
  });

  it("count characters as people do", () => {
    expect(figuresOf(subtitle("ma\u0303nana 👍", 0, 1)).longestLine).toBe(8);
  });

  it("lead from one problem to the next, and round", () => {
    const all = [subtitle("a", 0, 0.1), subtitle("b", 1, 3), subtitle("c", 4, 4.1)];
    expect(nextProblem(all, -1, USUAL)).toBe(0);
    expect(nextProblem(all, 0, USUAL)).toBe(2);
    expect(nextProblem(all, 2, USUAL)).toBe(0);
    expect(nextProblem([subtitle("b", 1, 3)], 0, USUAL)).toBe(-1);
  });
});

describe("the lines of a subtitle", () => {
  it("are one where one is enough", () => {
    expect(brokenLines("  Buenos   días\na todos ", USUAL)).toBe("Buenos días a todos");
  });

  it("are of much the same length, and do not end in a small word", () => {
    const lines = linesOf(
      brokenLines("donde se decidió que las obras empezarán en primavera", USUAL),
    );
    expect(lines).toHaveLength(2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(42);
    expect(lines[0]).not.toMatch(/ (?:las|en|que|se)$/);
  });

  it("end rather where a comma stands", () => {
    expect(brokenLines("Pues no lo sé, la verdad es que no estaba allí", USUAL)).toBe(
      "Pues no lo sé,\nla verdad es que no estaba allí",
    );
  });

  it("lose no word, however long it is", () => {
    const long = `${"x".repeat(60)} ${"y".repeat(60)} z`;
    expect(brokenLines(long, USUAL).replaceAll("\n", " ")).toBe(long);
    expect(fits([60], USUAL)).toBe(false);
    expect(fits([20, 21, 42], USUAL)).toBe(true);
    expect(fits([20, 22, 42], USUAL)).toBe(false);
  });
});

describe("subtitles made anew", () => {
  const made = recut([spoken(TEXT)], USUAL);

  it("say every word, once and in order, with its time", () => {
    expect(made.map(({ text }) => text.replaceAll("\n", " ")).join(" ")).toBe(TEXT);
    const words = made.flatMap(({ words: said = [] }) => said);
    expect(words.map(({ word }) => word.trim()).join(" ")).toBe(TEXT);
    const starts = words.map(({ start }) => start);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it("are within the limits", () => {
    for (const [index, each] of made.entries()) {
      expect(problemsOf(each, made[index + 1], USUAL), each.text).toEqual([]);
    }
  });

  it("end with sentences where that is possible", () => {
    const ends = made.filter(({ text }) => /[.?]$/.test(text));
    expect(ends).toHaveLength(4);
  });

  it("are numbered, and stay in place when they are made once more", () => {
    expect(made.map(({ id }) => id)).toEqual(made.map((_, at) => at));
    expect(recut(made, USUAL).map(({ text }) => text)).toEqual(made.map(({ text }) => text));
  });

  it("do not go on over silence or into another language", () => {
    const apart = recut([spoken("uno", 0), spoken("dos", 10)], USUAL);
    expect(apart.map(({ text }) => text)).toEqual(["uno", "dos"]);
    const english = { ...spoken("two", 0.5), language: "en" };
    expect(recut([spoken("uno", 0), english], USUAL)).toHaveLength(2);
  });

  it("are made by letters where no word has a time, and by the word where one is too long", () => {
    const [first, ...others] = recut([subtitle(TEXT, 0, 20)], USUAL);
    expect(first?.words).toEqual([]);
    expect(others.length).toBeGreaterThan(2);
    expect(recut([spoken(`a ${"x".repeat(50)} b`)], USUAL).map(({ text }) => text)).toEqual([
      "a",
      "x".repeat(50),
      "b",
    ]);
    expect(recut([], USUAL)).toEqual([]);
  });
});

describe("a time that somebody writes", () => {
  it.each([
    ["83.4", 83.4],
    ["1:23,4", 83.4],
    ["1:02:03.5", 3723.5],
    [" 0:05 ", 5],
    ["x", null],
    ["1:2:3:4", null],
    ["-1", null],
    ["", null],
  ])("%s", (written, seconds) => {
    expect(secondsOf(written)).toBe(seconds);
  });
});

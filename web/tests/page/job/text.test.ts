import { describe, expect, it } from "vitest";
import type { Segment } from "../../../src/client";
import { levels } from "../../../src/page/job/player/peaks";
import { folded, hitFrom, search } from "../../../src/page/job/text/search";
import {
  doubtfulIn,
  placedWords,
  segmentAt,
  timeAt,
  wordAt,
} from "../../../src/page/job/text/words";

function segment(text: string, over: Partial<Segment> = {}): Segment {
  return { id: 0, start: 0, end: 10, text, confidence: 0.9, language: "es", words: [], ...over };
}

const word = (said: string, start: number, end: number, confidence = 0.9) => ({
  word: said,
  start,
  end,
  confidence,
});

const SPOKEN = segment("Hola, el gato y el perro.", {
  words: [
    word(" Hola,", 0, 1),
    word(" el", 1, 2),
    word(" gato", 2, 3, 0.2),
    word(" y", 3, 4),
    word(" el", 4, 5),
    word(" perro.", 5, 6),
  ],
});

describe("the words of a segment", () => {
  it("stand where they are in the text, also those that are said twice", () => {
    const said = placedWords(SPOKEN).map(({ from, to }) => SPOKEN.text.slice(from, to));
    expect(said).toEqual(["Hola,", "el", "gato", "y", "el", "perro."]);
    expect(timeAt(SPOKEN, 6)).toBe(1);
    expect(timeAt(SPOKEN, 16)).toBe(4);
  });

  it("belong to the space before them, and the last one to what stands behind it", () => {
    expect(timeAt(SPOKEN, 5)).toBe(1);
    expect(timeAt(SPOKEN, 999)).toBe(5);
    expect(timeAt(segment(""), 0)).toBe(0);
  });

  it("get times by their letters where none were measured", () => {
    const words = placedWords(segment("aa bbbb cc", { start: 4, end: 12 }));
    expect(words.map(({ start, end }) => [start, end])).toEqual([
      [4, 6],
      [6, 10],
      [10, 12],
    ]);
    expect(words.every(({ isGuessed }) => isGuessed)).toBe(true);
  });

  it("that do not stand in the text are left out, the others stay in place", () => {
    const edited = segment("uno tres", {
      words: [word("uno", 0, 1), word("dos", 1, 2), word("tres", 2, 3)],
    });
    expect(placedWords(edited).map(({ from }) => from)).toEqual([0, 4]);
  });

  it("are found by the moment at which they are said", () => {
    expect(wordAt(SPOKEN, 2.5)?.start).toBe(2);
    expect(wordAt(SPOKEN, 60)?.start).toBe(5);
    expect(wordAt(segment("x", { start: 5, end: 6 }), 1)).toBeNull();
  });

  it("are doubtful below one half; where only the segment has a confidence, all of it is", () => {
    expect(doubtfulIn(SPOKEN).map(({ from, to }) => SPOKEN.text.slice(from, to))).toEqual(["gato"]);
    const vague = segment("no se oye", { confidence: 0.3 });
    expect(doubtfulIn(vague)).toEqual([expect.objectContaining({ from: 0, to: 9 })]);
  });
});

describe("the segment of a moment", () => {
  it("is the last one that has begun", () => {
    const segments = [0, 5, 9].map((start, id) => segment("x", { id, start, end: start + 2 }));
    expect([-1, 0, 4.9, 5, 100].map((seconds) => segmentAt(segments, seconds))).toEqual([
      -1, 0, 0, 1, 2,
    ]);
    expect(segmentAt([], 3)).toBe(-1);
  });
});

describe("the search in a text", () => {
  const found = (text: string, query: string) =>
    search([segment(text)], query).map(({ from, to }) => text.slice(from, to));

  it("does not care for accents and case, in the text or in the question", () => {
    expect(found("Reunión en Ávila, reunion y REUNIÓN", "reunion")).toEqual([
      "Reunión",
      "reunion",
      "REUNIÓN",
    ]);
    expect(found("El nino", "NIÑO")).toEqual(["nino"]);
    expect(folded("¿Qué ÑANDÚ?")).toBe("¿que nandu?");
  });

  it("marks the very characters, also of text in which accents are characters of their own", () => {
    const decomposed = "cafe\u0301 con le\u0301che";
    expect(found(decomposed, "café")).toEqual(["cafe\u0301"]);
    expect(found(decomposed, "leche")).toEqual(["le\u0301che"]);
    expect(found("İstanbul sí", "si")).toEqual(["sí"]);
  });

  it("finds words over a break of the line, and nothing for nothing", () => {
    expect(found("buenos\ndías", "buenos dias")).toEqual(["buenos\ndías"]);
    expect(found("algo", "  ")).toEqual([]);
  });

  it("goes on from the present moment, and from the end to the beginning", () => {
    const segments = [0, 10, 20].map((start, id) => segment("sí", { id, start, end: start + 1 }));
    const hits = search(segments, "si");
    expect(hits.map(({ time }) => time)).toEqual([0, 10, 20]);
    expect(hitFrom(hits, 7)).toBe(1);
    expect(hitFrom(hits, 21)).toBe(0);
  });
});

describe("the levels of a waveform", () => {
  it("are the loudest of each stretch, whether there is one number for it or a pair", () => {
    expect(levels([0.1, -0.4, 0.2, 0.2], 2)).toEqual([1, 0.5]);
    expect(levels([0, 0], 2)).toEqual([0, 0]);
    expect(levels([], 10)).toEqual([]);
    expect(levels([0.5], 3)).toEqual([1, 1, 1]);
  });
});

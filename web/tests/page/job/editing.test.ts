import { describe, expect, it } from "vitest";
import type { Segment, Word } from "../../../src/client";
import { differences } from "../../../src/page/job/editing/compare";
import { doubtsIn, nextDoubt } from "../../../src/page/job/editing/doubts";
import { begun, done, redone, undone } from "../../../src/page/job/editing/history";
import {
  joinWithFormer,
  joinWithNext,
  numbered,
  retime,
  split,
  trust,
  write,
} from "../../../src/page/job/editing/operations";
import { common, retexted } from "../../../src/page/job/editing/words";

const words = (text: string, from = 0, confidence = 0.9): Word[] =>
  text.split(" ").map((word, at) => ({
    word: ` ${word}`,
    start: from + at,
    end: from + at + 1,
    confidence,
  }));

function segment(id: number, text: string, start = 0, timed = true): Segment {
  const said = timed ? words(text, start) : [];
  const end = start + text.split(" ").length;
  return { id, start, end, text, confidence: 0.9, language: "es", words: said };
}

const times = ({ words: said = [] }: Segment) =>
  said.map(({ word, start, end }) => [word.trim(), start, end]);

describe("a text that is changed", () => {
  const before = segment(0, "el gato come pan");

  it("leaves the times of the words that stay", () => {
    const after = retexted(before, "el perro come pan");
    expect(times(after)).toEqual([
      ["el", 0, 1],
      ["perro", 1, 2],
      ["come", 2, 3],
      ["pan", 3, 4],
    ]);
    expect(after.words?.map(({ confidence }) => confidence)).toEqual([0.9, 1, 0.9, 0.9]);
  });

  it("gives what stands in place of words the time of these, by letters", () => {
    expect(times(retexted(before, "el lo que come pan"))).toEqual(
      [
        ["el", 0, 1],
        ["lo", 1, 1.4],
        ["que", 1.429, 2],
        ["come", 2, 3],
        ["pan", 3, 4],
      ].map(([word, start, end]) => [
        word,
        expect.closeTo(Number(start), 1),
        expect.closeTo(Number(end), 1),
      ]),
    );
    expect(times(retexted(before, "el pan"))).toEqual([
      ["el", 0, 1],
      ["pan", 3, 4],
    ]);
  });

  it("puts new words between their neighbours, at the ends within the segment", () => {
    const after = retexted(before, "hoy el gato come pan duro");
    expect(times(after).at(0)).toEqual(["hoy", 0, 0]);
    expect(times(after).at(-1)).toEqual(["duro", 4, 4]);
    const starts = times(after).map(([, start]) => Number(start));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it("gets no times of words where there were none", () => {
    expect(retexted(segment(0, "a b", 0, false), "c d").words).toEqual([]);
  });

  it("may be of any length", () => {
    const long = Array.from({ length: 3000 }, (_, at) => `p${at}`);
    expect(common(long, long)).toHaveLength(3000);
    expect(common(long, long.toReversed()).length).toBeLessThanOrEqual(3000);
  });
});

describe("Enter", () => {
  const all = [segment(0, "uno dos tres cuatro"), segment(1, "cinco", 4)];

  it("divides at the caret, with the times of the words on both sides", () => {
    const after = split(all, 0, 8);
    expect(after?.segments.map(({ text, start, end }) => [text, start, end])).toEqual([
      ["uno dos", 0, 2],
      ["tres cuatro", 2, 4],
      ["cinco", 4, 5],
    ]);
    expect(times(after?.segments[1] as Segment)).toEqual([
      ["tres", 2, 3],
      ["cuatro", 3, 4],
    ]);
    expect(after?.caret).toEqual({ id: 2, offset: 0 });
  });

  it("divides a word in its middle, and its time by letters", () => {
    const after = split([segment(0, "hola mundo")], 0, 7);
    expect(after?.segments.map(({ text }) => text)).toEqual(["hola mu", "ndo"]);
    expect(after?.segments[0]?.end).toBeCloseTo(1.4);
    expect(after?.segments[1]?.start).toBeCloseTo(1.4);
    expect(times(after?.segments[1] as Segment)).toEqual([["ndo", 1.4, 2]]);
  });

  it("divides text without times of words by letters", () => {
    const after = split([segment(0, "aaaa bbbb", 0, false)], 0, 5);
    expect(after?.segments.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it("does nothing at the edges: no segment is blank", () => {
    expect(split(all, 0, 0)).toBeNull();
    expect(split(all, 0, 19)).toBeNull();
    expect(split(all, 9, 1)).toBeNull();
  });
});

describe("Backspace at the beginning", () => {
  const all = [segment(0, "uno dos"), segment(1, "tres", 2), segment(2, "cuatro", 3)];

  it("joins with the segment before, with all times, and sets the caret between both", () => {
    const after = joinWithFormer(all, 1);
    expect(after?.segments.map(({ text }) => text)).toEqual(["uno dos tres", "cuatro"]);
    expect(times(after?.segments[0] as Segment)).toEqual([
      ["uno", 0, 1],
      ["dos", 1, 2],
      ["tres", 2, 3],
    ]);
    expect(after?.caret).toEqual({ id: 0, offset: 8 });
    expect(joinWithFormer(all, 0)).toBeNull();
  });

  it("takes back what Enter did", () => {
    const whole = segment(0, "uno dos tres cuatro");
    const parts = split([whole], 0, 8);
    const again = joinWithFormer(parts?.segments ?? [], 1);
    expect(again?.segments).toEqual([whole]);
  });

  it("gives back a word that Enter cut, and the caret stands where it was", () => {
    const whole = { ...segment(0, "dime voicemail ya"), words: words("dime voicemail ya", 0, 0.3) };
    const parts = split([whole], 0, 10)?.segments ?? [];
    expect(parts.map(({ text }) => text)).toEqual(["dime voice", "mail ya"]);
    const again = joinWithFormer(parts, 1);
    expect(again?.segments).toEqual([whole]);
    expect(again?.caret).toEqual({ id: 0, offset: 10 });
    const untimed = segment(0, "dime voicemail ya", 0, false);
    const both = split([untimed], 0, 10)?.segments ?? [];
    expect(joinWithNext(both, 0)?.segments).toEqual([untimed]);
  });

  it("gives back a word that was cut into three, in either order", () => {
    const whole = segment(0, "voicemail");
    const two = split([whole], 0, 5)?.segments ?? [];
    const three = split(two, 0, 3)?.segments ?? [];
    expect(three.map(({ text }) => text)).toEqual(["voi", "ce", "mail"]);
    for (const first of [0, 1]) {
      const joint = joinWithNext(three, three[first]?.id ?? -1)?.segments ?? [];
      expect(joinWithNext(joint, 0)?.segments.map(({ text }) => text)).toEqual(["voicemail"]);
    }
  });

  it("puts a blank where somebody wrote one, or where another segment came between", () => {
    const parts = split([segment(0, "voicemail")], 0, 5)?.segments ?? [];
    const spaced = joinWithFormer(write(parts, 1, " mail"), 1);
    expect(spaced?.segments[0]?.text).toBe("voice mail");
    const [voice, mail] = parts as [Segment, Segment];
    const other = segment(7, "otro", 4);
    expect(joinWithNext([voice, other, mail], 0)?.segments[0]?.text).toBe("voice otro");
    expect(joinWithNext([other, mail], 7)?.segments[0]?.text).toBe("otro mail");
  });

  it("keeps times where only one of both has times of words", () => {
    const after = joinWithNext([segment(0, "uno dos"), segment(1, "tres", 2, false)], 0);
    expect(times(after?.segments[0] as Segment)).toHaveLength(3);
    expect(joinWithNext(all, 2)).toBeNull();
  });
});

describe("times set by hand", () => {
  it("stay between the neighbours, and hold the words", () => {
    const all = [segment(0, "a b"), segment(1, "c d", 3), segment(2, "e", 6)];
    const after = retime(all, 1, 1, 9)[1];
    expect([after?.start, after?.end]).toEqual([2, 6]);
    const shorter = retime(all, 1, 3.5, 4)[1] as Segment;
    expect(times(shorter)).toEqual([
      ["c", 3.5, 4],
      ["d", 4, 4],
    ]);
  });
});

describe("undoing", () => {
  const at = (text: string) => ({ segments: [segment(0, text)], caret: null });
  const textOf = ({ present }: ReturnType<typeof begun>) => present.segments[0]?.text;

  it("takes back what was typed without a pause at once, and then what was before", () => {
    let history = begun(at("a").segments);
    for (const [step, text] of ["ab", "abc", "abcd"].entries()) {
      history = done(history, at(text), { id: 0, at: step * 100 });
    }
    history = done(history, at("abcd e"), { id: 0, at: 5000 });
    expect(textOf(undone(history))).toBe("abcd");
    expect(textOf(undone(undone(history)))).toBe("a");
    expect(textOf(undone(undone(undone(history))))).toBe("a");
    expect(textOf(redone(undone(history)))).toBe("abcd e");
  });

  it("forgets what was taken back once something else is done", () => {
    const history = done(undone(done(begun(at("a").segments), at("b"))), at("c"));
    expect(textOf(redone(history))).toBe("c");
  });
});

describe("doubtful words", () => {
  const vague = (id: number, text: string, start: number) => ({
    ...segment(id, text, start),
    words: words(text, start, 0.2),
  });
  const all = [segment(0, "claro"), vague(1, "uno dos", 1), segment(2, "claro", 3)];

  it("come one after the other, and after the last the first again", () => {
    expect(doubtsIn(all)).toBe(2);
    const first = nextDoubt(all, { index: 0, offset: -1 });
    expect(first).toMatchObject({ id: 1, from: 0, to: 3 });
    const second = nextDoubt(all, { index: 1, offset: 0 });
    expect(second).toMatchObject({ id: 1, from: 4 });
    expect(nextDoubt(all, { index: 1, offset: 4 })).toMatchObject({ id: 1, from: 0 });
    expect(nextDoubt([segment(0, "claro")], { index: 0, offset: -1 })).toBeNull();
    expect(nextDoubt([], { index: 0, offset: -1 })).toBeNull();
  });

  it("are none any more when somebody has changed them or says that they are right", () => {
    expect(doubtsIn(trust(all, 1, 0))).toBe(1);
    expect(doubtsIn(write(all, 1, "uno doce"))).toBe(1);
  });
});

describe("the comparison with the original", () => {
  const original = [segment(0, "el gato come"), segment(1, "pan y agua", 3), segment(2, "fin", 6)];

  it("tells word by word what has gone and come, and nothing of the rest", () => {
    const [found, ...others] = differences(original, write(original, 1, "pan con agua"));
    expect(others).toEqual([]);
    expect(found?.time).toBe(3);
    expect(found?.pieces).toEqual([
      { kind: "same", text: "pan" },
      { kind: "gone", text: "y" },
      { kind: "come", text: "con" },
      { kind: "same", text: "agua" },
    ]);
  });

  it("knows no difference in what was only divided or joined", () => {
    expect(differences(original, split(original, 0, 3)?.segments ?? [])).toEqual([]);
    expect(differences(original, joinWithNext(original, 0)?.segments ?? [])).toEqual([]);
    expect(differences(original, original)).toEqual([]);
  });

  it("tells what was removed and added", () => {
    expect(differences(original, original.slice(0, 2)).at(0)?.pieces).toEqual([
      { kind: "gone", text: "fin" },
    ]);
    expect(differences([], original).at(0)?.pieces).toEqual([
      { kind: "come", text: "el gato come pan y agua fin" },
    ]);
  });
});

describe("what is stored", () => {
  it("is numbered in order, without what is blank", () => {
    const all = [segment(7, " uno "), segment(9, "  "), segment(8, "dos")];
    expect(numbered(all).map(({ id, text }) => [id, text])).toEqual([
      [0, "uno"],
      [1, "dos"],
    ]);
  });

  it("has nothing but what the service knows", () => {
    const whole = segment(0, "voicemail");
    const parts = numbered(split([whole], 0, 5)?.segments ?? []);
    for (const part of parts) expect(Object.keys(part).sort()).toEqual(Object.keys(whole).sort());
  });
});

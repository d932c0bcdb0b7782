/** What holds for the words of the page, in every language. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Key } from "../../src/page/i18n/catalogue";
import { LANGUAGES, type Language, load, preferred } from "../../src/page/i18n/languages";
import { format, type Message, parse } from "../../src/page/i18n/messages";
import { pseudo } from "../../src/page/i18n/pseudo";

const languages = Object.keys(LANGUAGES) as Language[];
const PAGE = resolve(import.meta.dirname, "../../src/page");

function namesIn(message: Message): string[] {
  return message.flatMap((part) => {
    if (part.kind === "value") return [part.name];
    if (part.kind !== "choice") return [];
    return [part.name, ...[...part.cases.values()].flatMap(namesIn)];
  });
}

describe("a message", () => {
  const said = (source: string, values = {}, language = "es") =>
    format(parse(source), values, language);

  it("takes the plural form of its language, and exact numbers before it", () => {
    const source = "{n, plural, =0 {ninguno} one {# archivo} other {# archivos}}";
    expect([0, 1, 2].map((n) => said(source, { n }))).toEqual([
      "ninguno",
      "1 archivo",
      "2 archivos",
    ]);
  });

  it("writes numbers as its language does", () => {
    expect(said("{n, number}", { n: 12345.5 })).toBe("12.345,5");
    expect(said("{n, number}", { n: 12345.5 }, "en")).toBe("12,345.5");
  });

  it("nests choices", () => {
    const source = "{k, select, a {{n, plural, one {# x} other {# y}}} other {z}}";
    expect(said(source, { k: "a", n: 3 })).toBe("3 y");
    expect(said(source, { k: "b", n: 3 })).toBe("z");
  });

  it.each(["{n", "{n, plural, one {x}}", "a } b", "{n, date}", "{}"])("%s is refused", (source) => {
    expect(() => parse(source)).toThrow(SyntaxError);
  });
});

describe("the catalogues", () => {
  it("have the same keys, and each message the same values, in all languages", async () => {
    const [first, ...others] = await Promise.all(languages.map(load));
    for (const other of others) {
      expect(Object.keys(other).sort()).toEqual(Object.keys(first ?? {}).sort());
      for (const key of Object.keys(other) as Key[]) {
        const names = (text: string) => [...new Set(namesIn(parse(text)))].sort();
        expect(names(other[key]), key).toEqual(names(first?.[key] ?? ""));
      }
    }
  });

  it("hold no key that nothing uses", async () => {
    const files = readdirSync(PAGE, { recursive: true, encoding: "utf8" });
    const code = files
      .filter((name) => /\.tsx?$/.test(name) && !/i18n\/e[ns]\//.test(name))
      .map((name) => readFileSync(join(PAGE, name), "utf8"))
      .join("\n");
    // Keys that end in a value are put together in the code: `stage.${stage}`.
    const begun = [...code.matchAll(/`([\w.]+\.)\$\{/g)].map(([, start = ""]) => start);
    const unused = Object.keys(await load("es")).filter(
      (key) => !code.includes(`"${key}"`) && !begun.some((start) => key.startsWith(start)),
    );
    expect(unused).toEqual([]);
  });
});

describe("the pseudo-locale", () => {
  it("marks every word, leaves values alone, and stays a message", () => {
    const marked = pseudo("Quedan {n, plural, one {# hora} other {# horas}} de {name}");
    const said = format(parse(marked), { n: 2, name: "x" }, "es");
    expect(said).toMatch(/^⟦.*2 .*x⟧$/);
    expect(said).not.toMatch(/Quedan|horas/);
  });
});

describe("the language", () => {
  it("is what was chosen, else what the browser prefers, else Spanish", () => {
    expect(preferred("en", ["es-MX"])).toBe("en");
    expect(preferred(null, ["fr", "en-GB", "es"])).toBe("en");
    expect(preferred(null, ["fr"])).toBe("es");
    expect(preferred("xx", [])).toBe("es");
  });
});

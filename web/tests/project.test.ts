/** What holds for the files themselves. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { typesOf } from "../scripts/types.mjs";

const WEB = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(WEB, path), "utf8");
const temporary = mkdtempSync(join(tmpdir(), "retender-web-"));

afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(temporary, { recursive: true }));

function sourcesIn(folder: string): string[] {
  const all = readdirSync(join(WEB, folder), { recursive: true, encoding: "utf8" });
  return all.filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name));
}

function importsOf(path: string): string[] {
  const code = read(path).replaceAll(/^\s*\*.*$/gm, "");
  return [...code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => name ?? "");
}

async function built(root: string): Promise<Rollup.RollupOutput["output"]> {
  const outDir = join(temporary, relative(WEB, root) || "page");
  const configFile = join(WEB, "vite.config.ts");
  // React has other code for tests.
  vi.stubEnv("NODE_ENV", "production");
  const result = await build({ root, configFile, logLevel: "silent", build: { outDir } });
  return (result as Rollup.RollupOutput).output;
}

describe("the client", () => {
  it("has the types that the service's description makes", async () => {
    // If this fails: npm run generate.
    expect(read("src/client/schema.ts")).toBe(await typesOf(JSON.parse(read("openapi.json"))));
  });

  it("can be lifted out: it imports nothing but itself and two packages", () => {
    const folder = join(WEB, "src/client");
    const outside = sourcesIn("src/client").flatMap((path) =>
      importsOf(path).filter((name) => {
        if (!name.startsWith(".")) return true;
        return relative(folder, resolve(WEB, dirname(path), name)).startsWith("..");
      }),
    );
    expect(new Set(outside)).toEqual(new Set(["eventsource-parser", "tus-js-client"]));
  });

  it("is all that the hooks import beside React", () => {
    const imported = new Set(sourcesIn("src/hooks").flatMap(importsOf));
    const others = [...imported].filter((name) => !name.startsWith("./"));
    expect(others.sort()).toEqual(["../client", "react"]);
  });
});

describe("the example", () => {
  it("is twenty lines or so, and builds", async () => {
    const code = read("examples/minimal/App.tsx").split("\n");
    expect(code.filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(35);
    const output = await built(join(WEB, "examples/minimal"));
    expect(output.map(({ fileName }) => fileName)).toContain("index.html");
  });
});

describe("the built page", () => {
  it("fits a strict policy: no inline script, nothing from another host, names by content", async () => {
    const output = await built(WEB);
    const page = output.find(({ fileName }) => fileName === "index.html");
    const html = page?.type === "asset" ? String(page.source) : "";
    expect(html).toContain("<script");
    for (const [tag] of html.matchAll(/<script[^>]*>/g)) expect(tag).toContain('src="./assets/');
    expect(html).not.toMatch(/<script[^>]*>[^<]/);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    for (const { fileName } of output) {
      if (fileName !== "index.html") expect(fileName).toMatch(/^assets\/.+-[\w-]{8}\.\w+$/);
    }
  });

  it("loads at first 130 KB of JavaScript at most, compressed, with one language", async () => {
    const first = atFirst(await built(WEB), /i18n\/es\/index/);
    const bytes = first.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
    expect(bytes).toBeLessThan(130_000);
  });

  it("loads what is for large recordings and for broken networks only when it is needed", async () => {
    const modules = atFirst(await built(WEB))
      .flatMap((chunk) => chunk.moduleIds)
      .join("\n");
    expect(modules).toContain("src/client/service.ts");
    expect(modules).not.toMatch(/tus-js-client|eventsource-parser|page\/(?:job|dashboard)\//);
  });
});

/** The entry, all that it imports at once, and what has such a module beside it. */
function atFirst(output: Rollup.RollupOutput["output"], beside?: RegExp): Rollup.OutputChunk[] {
  const chunks = output.filter((part) => part.type === "chunk");
  const first = new Set<Rollup.OutputChunk>();
  const add = (chunk: Rollup.OutputChunk | undefined) => {
    if (chunk === undefined || first.has(chunk)) return;
    first.add(chunk);
    for (const name of chunk.imports) add(chunks.find(({ fileName }) => fileName === name));
  };
  for (const chunk of chunks) {
    if (chunk.isEntry || chunk.moduleIds.some((id) => beside?.test(id))) add(chunk);
  }
  return [...first];
}

import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Recipe, snippet, WAYS } from "../../../src/page/job/code/snippets";

const RECIPE: Recipe = {
  baseUrl: "https://speech.example.org/voz",
  jobId: "7f3a",
  fileName: 'L\'entrevista "2" $HOME.m4a',
  options: {
    language: "es",
    word_timestamps: true,
    prompt: '@ Dijo "sí"; \ny se fue',
    vad: false,
    languages: "en,es",
  },
  needsKey: true,
  notes: { again: "The same again", text: "The text of this one" },
};

describe("a job from code", () => {
  it("has address, file and options filled in, in every language", () => {
    for (const way of WAYS) {
      const code = snippet(way, RECIPE);
      expect(code).toContain("https://speech.example.org/voz");
      expect(code).toContain("RETENDER_API_KEY");
      expect(code).toContain("entrevista");
    }
    expect(snippet("openai", RECIPE)).toContain('timestamp_granularities=["segment", "word"]');
    expect(snippet("openai", RECIPE)).toContain(
      'extra_body={"vad": "false", "languages": "en,es"}',
    );
  });

  it("names a model only where the job did", () => {
    const recipe = { ...RECIPE, options: { ...RECIPE.options, model: "medium" } };
    for (const way of WAYS) {
      expect(snippet(way, RECIPE)).not.toContain("medium");
      expect(snippet(way, recipe)).toContain("medium");
    }
  });

  it("asks for no key where none is needed", () => {
    for (const way of WAYS) {
      expect(snippet(way, { ...RECIPE, needsKey: false })).not.toContain("RETENDER_API_KEY");
    }
  });

  it("is one command for a shell, whatever the file is called", () => {
    const said = snippet("curl", RECIPE).replaceAll(/^curl/gm, "printf '%s\\n'");
    const words = execFileSync("sh", ["-c", said], { encoding: "utf8" }).split("\n");
    expect(words).toContain('file=@"L\'entrevista \\"2\\" $HOME.m4a"');
    expect(words).toContain("language=es");
    // curl takes the value of -F apart.
    expect(words.indexOf("--form-string")).toBe(words.indexOf("language=es") - 1);
    expect(words).toContain("https://speech.example.org/voz/job/7f3a/result?format=srt");
  });

  it.each(["python", "openai"] as const)("is Python that can be read: %s", (way) => {
    const read = ["-c", "import ast, sys; ast.parse(sys.stdin.read())"];
    const { status, stderr } = spawnSync("python3", read, {
      input: snippet(way, RECIPE),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it("is a translation where one was asked for", () => {
    const recipe = { ...RECIPE, options: { task: "translate" } };
    expect(snippet("openai", recipe)).toContain("client.audio.translations.create(");
    expect(snippet("openai", recipe)).not.toContain("language=");
  });
});

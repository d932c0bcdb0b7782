import { describe, expect, it } from "vitest";
import {
  changedOptions,
  choiceOf,
  choiceOfJob,
  PLAIN,
  submitOptions,
} from "../../src/page/intake/options/choice";

describe("what is chosen for a recording", () => {
  it("is the same when it comes back from what was handed in", () => {
    const chosen = { ...PLAIN, language: "es", words: false, hotwords: "Íñigo" };
    expect(choiceOf(submitOptions(chosen))).toEqual(chosen);
  });

  it("comes back from a job, which leaves out its defaults", () => {
    expect(choiceOfJob({})).toEqual({ ...PLAIN, words: false });
    expect(choiceOfJob({ language: "es", word_timestamps: true })).toEqual({
      ...PLAIN,
      language: "es",
    });
  });

  it("is changed only where it was changed, and back to the default by null", () => {
    const before = choiceOfJob({ prompt: "a zoo", language: "en", word_timestamps: true });
    expect(changedOptions(before, before)).toEqual({});
    expect(changedOptions({ ...before, prompt: "  ", language: "auto" }, before)).toEqual({
      prompt: null,
      language: "auto",
    });
  });
});

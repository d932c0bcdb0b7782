import type { ResultFormat } from "../../client";

/** What a text can be taken away as, the most wanted first. */
export const FORMATS = [
  "txt",
  "srt",
  "vtt",
  "docx",
  "tsv",
  "json",
] as const satisfies readonly ResultFormat[];

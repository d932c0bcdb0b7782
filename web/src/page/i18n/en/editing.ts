/** Correcting the text, and taking it along. */
export const editing = {
  "text.count": "{count, plural, one {# passage} other {# passages}}",
  "edit.edit": "Correct",
  "edit.hint":
    "Enter splits, Backspace at the beginning joins, Ctrl+Z undoes, F8 goes to the next doubtful word. All is saved by itself.",
  "edit.passage": "Text at {time}",
  "edit.doubts": "{count, plural, one {# doubtful word} other {# doubtful words}}",
  "edit.trust": "It is right",
  "edit.compare": "Compare with the original",
  "edit.same": "There are no differences.",
  "edit.more": "{count, plural, one {And one more change.} other {And # more changes.}}",
  "edit.saving.stored": "Saved",
  "edit.saving.waiting": "Not saved yet…",
  "edit.saving.storing": "Saving…",
  "edit.saving.kept": "The service does not answer: your corrections are safe in this browser.",
  "edit.saving.refused":
    "The service did not accept the corrections; they are kept in this browser.",
  "edit.saving.conflict": "Somebody else has changed the text.",
  "edit.conflict": "The text has changed on the service",
  "edit.conflict.text":
    "Changes were saved from another window or machine while you corrected. Struck through: what the service has. Underlined: what is yours.",
  "edit.conflict.mine": "Save mine",
  "edit.conflict.theirs": "Keep the one on the service",
  "export.title": "Export",
  "export.txt": "Text (TXT)",
  "export.srt": "Subtitles (SRT)",
  "export.vtt": "Web subtitles (VTT)",
  "export.docx": "Word (DOCX)",
  "export.tsv": "Table (TSV)",
  "export.json": "Data (JSON)",
} as const;

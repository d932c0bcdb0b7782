export const job = {
  "job.back": "All recordings",
  "job.untitled": "Recording of {moment}",
} as const;

/** What is said aloud of a job under way: each new stage, and every tenth. Not each percent. */
export interface Told {
  readonly stage: string;
  readonly tenth: number;
}

export interface Milestone {
  readonly told: Told;
  readonly say: "stage" | "tenth" | null;
}

export function milestone(before: Told | null, stage: string, progress: number): Milestone {
  const tenth = Math.floor(progress / 10);
  const told = { stage, tenth };
  // Who has just come reads where it stands.
  if (before === null) return { told, say: null };
  if (before.stage !== stage) return { told, say: "stage" };
  if (tenth > before.tenth) return { told, say: "tenth" };
  return { told: { stage, tenth: Math.max(tenth, before.tenth) }, say: null };
}

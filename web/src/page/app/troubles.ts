import type { Health } from "../../client";

export type Trouble = "local" | "groq" | "parts";

/** What a service with problems cannot do now. Without a key it is not told. */
export function troublesOf({ status, engines }: Health): readonly Trouble[] {
  if (status !== "degraded" || engines == null) return [];
  const away = (["local", "groq"] as const).filter((name) => engines[name]?.ready === false);
  return away.length > 0 ? away : ["parts"];
}

/** Edits that the service does not have yet, in this browser: IndexedDB. */
import { type DBSchema, openDB } from "idb";
import type { Segment } from "../../../client";

export interface Draft {
  readonly jobId: string;
  /** The version of the service that was edited. */
  readonly version: number;
  readonly segments: readonly Segment[];
}

export interface Drafts {
  get(jobId: string): Promise<Draft | null>;
  keep(draft: Draft): Promise<void>;
  remove(jobId: string): Promise<void>;
}

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft };
}

export function draftsHere(name = "retender-edits"): Drafts {
  const opened = () =>
    openDB<Schema>(name, 1, {
      upgrade(database) {
        database.createObjectStore("drafts", { keyPath: "jobId" });
      },
    });
  let database: ReturnType<typeof opened> | null = null;
  const open = () => {
    database ??= opened();
    return database;
  };
  return {
    get: async (jobId) => (await (await open()).get("drafts", jobId)) ?? null,
    keep: async (draft) => void (await (await open()).put("drafts", draft)),
    remove: async (jobId) => (await open()).delete("drafts", jobId),
  };
}

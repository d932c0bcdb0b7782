/**
 * Edits that the service does not have yet, in this browser: IndexedDB. The text of a long recording
 * weighs megabytes, so it is written once; after that only the stretch in which it has changed.
 */
import { type DBSchema, openDB } from "idb";
import type { Segment } from "../../../client";

export interface Draft {
  /** The version of the service that was edited. */
  readonly version: number;
  readonly segments: readonly Segment[];
}

/** What stands between the first and the last segments of a base that are as they were. */
export interface Patch {
  readonly first: number;
  readonly last: number;
  readonly between: readonly Segment[];
}

export interface Drafts {
  get(jobId: string): Promise<Draft | null>;
  /** The text that later patches are of. Resolves to its name. */
  keepBase(jobId: string, segments: readonly Segment[]): Promise<string>;
  keep(jobId: string, version: number, base: string, patch: Patch): Promise<void>;
  /** The service has it all. The base stays for further patches. */
  remove(jobId: string): Promise<void>;
  removeBase(base: string): Promise<void>;
}

/** Segments that were not touched are the same objects. */
export function patchOf(base: readonly Segment[], segments: readonly Segment[]): Patch {
  const shorter = Math.min(base.length, segments.length);
  let first = 0;
  while (first < shorter && base[first] === segments[first]) first += 1;
  let last = 0;
  while (last < shorter - first && base.at(-1 - last) === segments.at(-1 - last)) last += 1;
  return { first, last, between: segments.slice(first, segments.length - last) };
}

export function patched(base: readonly Segment[], { first, last, between }: Patch) {
  return [...base.slice(0, first), ...between, ...base.slice(base.length - last)];
}

interface Schema extends DBSchema {
  drafts: { key: string; value: Patch & { jobId: string; version: number; base: string } };
  /** As JSON: a text is copied much faster than as many objects. */
  bases: { key: string; value: { name: string; at: number; json: string } };
}

const OLD_MS = 7 * 24 * 3600 * 1000;

export function draftsHere(name = "retender-edits"): Drafts {
  const opened = () =>
    openDB<Schema>(name, 1, {
      upgrade(database) {
        database.createObjectStore("drafts", { keyPath: "jobId" });
        database.createObjectStore("bases", { keyPath: "name" });
      },
    });
  let database: ReturnType<typeof opened> | null = null;
  const open = () => {
    database ??= opened();
    return database;
  };
  return {
    async get(jobId) {
      const kept = await (await open()).get("drafts", jobId);
      const base = kept && (await (await open()).get("bases", kept.base));
      if (kept === undefined || base === undefined) return null;
      return { version: kept.version, segments: patched(JSON.parse(base.json), kept) };
    },
    async keepBase(jobId, segments) {
      const base = { name: `${jobId} ${crypto.randomUUID()}`, at: Date.now() };
      const tx = (await open()).transaction(["bases", "drafts"], "readwrite");
      const used = new Set((await tx.objectStore("drafts").getAll()).map((draft) => draft.base));
      // Tabs that were closed leave theirs behind.
      for (const key of await tx.objectStore("bases").getAllKeys()) {
        const known = used.has(key) ? undefined : await tx.objectStore("bases").get(key);
        if (known && base.at - known.at > OLD_MS) await tx.objectStore("bases").delete(key);
      }
      await tx.objectStore("bases").put({ ...base, json: JSON.stringify(segments) });
      await tx.done;
      return base.name;
    },
    keep: async (jobId, version, base, patch) =>
      void (await (await open()).put("drafts", { jobId, version, base, ...patch })),
    remove: async (jobId) => (await open()).delete("drafts", jobId),
    removeBase: async (base) => (await open()).delete("bases", base),
  };
}

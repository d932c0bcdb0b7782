/**
 * Where recordings are kept until the service has them, and what is being recorded: IndexedDB. What
 * is kept is never thrown out to make room: when there is none, the new one is refused.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { SubmitOptions } from "../../../client";

/** All that a later life of the page needs to go on. */
export interface Kept {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  readonly options: SubmitOptions;
  /** Under which the recording is handed in: twice with the same is one job. */
  readonly key: string;
  /** Of an upload in parts that has begun, and of its job. */
  readonly uploadUrl: string | null;
  readonly jobId: string | null;
  /** Where the service is to fetch it; null: the recording is in this browser. */
  readonly url: string | null;
  /** Why the service refused it. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

export interface Shelf {
  all(): Promise<readonly Kept[]>;
  has(id: string): Promise<boolean>;
  /** Raises a `DOMException` when there is no room, and keeps nothing then. */
  keep(entry: Kept, recording: Blob | null): Promise<void>;
  update(entry: Kept): Promise<void>;
  recording(id: string): Promise<Blob | null>;
  remove(id: string): Promise<void>;
}

/** Of a recording that is under way, or broke off. */
export interface Draft {
  readonly id: string;
  readonly startedAt: number;
  readonly type: string;
}

export interface Drafts {
  all(): Promise<readonly Draft[]>;
  begin(draft: Draft): Promise<void>;
  /** Pieces are kept in the order in which they come. */
  add(id: string, piece: Blob): Promise<void>;
  whole(draft: Draft): Promise<Blob>;
  remove(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  entries: { key: string; value: Kept };
  files: { key: string; value: Blob };
  drafts: { key: string; value: Draft };
  pieces: { key: number; value: { draft: string; piece: Blob }; indexes: { draft: string } };
}

type Database = IDBPDatabase<Schema>;

export function openDatabase(name = "retender"): Promise<Database> {
  return openDB<Schema>(name, 1, {
    upgrade(database) {
      database.createObjectStore("entries", { keyPath: "id" });
      database.createObjectStore("files");
      database.createObjectStore("drafts", { keyPath: "id" });
      const pieces = database.createObjectStore("pieces", { autoIncrement: true });
      pieces.createIndex("draft", "draft");
    },
  });
}

export function shelfIn(opened: Promise<Database>): Shelf {
  return {
    all: async () => (await opened).getAll("entries"),
    has: async (id) => (await (await opened).getKey("entries", id)) !== undefined,
    async keep(entry, recording) {
      const tx = (await opened).transaction(["entries", "files"], "readwrite");
      const written: Promise<unknown>[] = [tx.objectStore("entries").put(entry), tx.done];
      if (recording !== null) written.push(tx.objectStore("files").put(recording, entry.id));
      await Promise.all(written);
    },
    async update(entry) {
      const tx = (await opened).transaction("entries", "readwrite");
      // One that was removed meanwhile, here or in another tab, stays removed.
      if ((await tx.store.getKey(entry.id)) !== undefined) await tx.store.put(entry);
      await tx.done;
    },
    recording: async (id) => (await (await opened).get("files", id)) ?? null,
    async remove(id) {
      const tx = (await opened).transaction(["entries", "files"], "readwrite");
      await Promise.all([
        tx.objectStore("entries").delete(id),
        tx.objectStore("files").delete(id),
        tx.done,
      ]);
    },
  };
}

export function draftsIn(opened: Promise<Database>): Drafts {
  return {
    all: async () => (await opened).getAll("drafts"),
    begin: async (draft) => void (await (await opened).put("drafts", draft)),
    add: async (id, piece) => void (await (await opened).add("pieces", { draft: id, piece })),
    async whole({ id, type }) {
      const pieces = await (await opened).getAllFromIndex("pieces", "draft", id);
      return new Blob(
        pieces.map(({ piece }) => piece),
        { type },
      );
    },
    async remove(id) {
      const tx = (await opened).transaction(["drafts", "pieces"], "readwrite");
      const keys = await tx.objectStore("pieces").index("draft").getAllKeys(id);
      await Promise.all([
        tx.objectStore("drafts").delete(id),
        ...keys.map((key) => tx.objectStore("pieces").delete(key)),
        tx.done,
      ]);
    },
  };
}

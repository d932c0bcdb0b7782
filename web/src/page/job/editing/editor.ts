/**
 * A transcript as it is edited. What is changed is kept in this browser a moment later, and stored
 * on the service when nothing more comes for a while. What another has stored meanwhile is never written
 * over without a word: then `conflict` is there until somebody decides.
 */
import {
  type Clock,
  RetenderError,
  type Segment,
  ServiceError,
  type Transcript,
} from "../../../client";
import { type Drafts, patchOf } from "./drafts";
import { begun, done, type History, redone, undone } from "./history";
import { type Caret, type Edited, numbered } from "./operations";

export type Saving = "stored" | "waiting" | "storing" | "kept" | "refused" | "conflict";

export interface EditorView {
  /** Null: there is nothing to edit (yet). */
  readonly segments: readonly Segment[] | null;
  readonly version: number;
  readonly saving: Saving;
  /** Why the service refused. */
  readonly problem: RetenderError | null;
  /** The service's version of it, while it is another than what was edited. */
  readonly conflict: Transcript | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Where the caret is to be put; each wish has another number. */
  readonly caret: (Caret & { readonly wish: number }) | null;
}

export interface VersionStore {
  transcript(jobId: string): Promise<Transcript>;
  saveTranscript(jobId: string, edited: number, segments: readonly Segment[]): Promise<Transcript>;
}

const QUIET_MS = 1000;
/** A long text goes to the service as a whole: more seldom. */
const QUIET_LONG_MS = 4000;
const LONG = 2000;
/** A long text is not written at each letter. */
const KEEP_MS = 300;
const WAITS_MS = [2000, 5000, 15_000, 30_000];

export class Editor {
  readonly #jobId: string;
  readonly #storage: VersionStore;
  readonly #drafts: Drafts;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #history: History = begun([]);
  #stored: readonly Segment[] = [];
  /** What is in this browser as a whole, once something was edited; patches are of that. */
  #base: { readonly segments: readonly Segment[]; readonly name: Promise<string> } | null = null;
  #view: EditorView = {
    segments: null,
    version: 0,
    saving: "stored",
    problem: null,
    conflict: null,
    canUndo: false,
    canRedo: false,
    caret: null,
  };
  #wishes = 0;
  #timer: (() => void) | null = null;
  #keeping: (() => void) | null = null;
  #failures = 0;
  #isStoring = false;

  constructor(jobId: string, storage: VersionStore, drafts: Drafts, clock: Clock) {
    this.#jobId = jobId;
    this.#storage = storage;
    this.#drafts = drafts;
    this.#clock = clock;
  }

  readonly getSnapshot = (): EditorView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** False: this service keeps no edits, or cannot be reached. */
  async load(): Promise<boolean> {
    const draft = await this.#drafts.get(this.#jobId).catch(() => null);
    let transcript: Transcript;
    try {
      transcript = await this.#storage.transcript(this.#jobId);
    } catch (error) {
      if (error instanceof RetenderError) return false;
      throw error;
    }
    this.#begin(transcript);
    if (draft === null || isSame(draft.segments, transcript.segments)) return true;
    this.#change({ segments: draft.segments, caret: null });
    if (draft.version !== transcript.version)
      this.#show({ saving: "conflict", conflict: transcript });
    return true;
  }

  /** A change that is taken back on its own. */
  readonly edit = (edited: Edited | null): void => {
    if (edited === null || this.#view.segments === null) return;
    this.#change(edited);
    if (edited.caret !== null) this.wish(edited.caret);
  };

  /** What is typed. */
  readonly type = (segments: readonly Segment[], caret: Caret): void => {
    this.#change({ segments, caret }, { id: caret.id, at: this.#clock.now() });
  };

  readonly undo = (): void => this.#go(undone(this.#history));

  readonly redo = (): void => this.#go(redone(this.#history));

  readonly wish = (caret: Caret): void => {
    this.#wishes += 1;
    this.#show({ caret: { ...caret, wish: this.#wishes } });
  };

  /** Store now what is not stored yet. */
  readonly storeNow = async (): Promise<void> => {
    this.#timer?.();
    this.#timer = null;
    if (this.#keeping !== null) this.#keep();
    const { segments, version, conflict } = this.#view;
    if (segments === null || conflict !== null || this.#isStoring) return;
    if (segments === this.#stored) return;
    this.#isStoring = true;
    this.#show({ saving: "storing" });
    try {
      const answer = await this.#storage.saveTranscript(this.#jobId, version, numbered(segments));
      this.#isStoring = false;
      await this.#wasStored(segments, answer.version);
    } catch (error) {
      this.#isStoring = false;
      if (!(error instanceof RetenderError)) throw error;
      await this.#wasNotStored(error);
    }
  };

  /** Of a conflict: what was edited here becomes the next version. */
  readonly keepMine = (): void => {
    const { conflict } = this.#view;
    if (conflict === null) return;
    this.#show({ version: conflict.version, conflict: null, saving: "waiting" });
    this.#keep();
    void this.storeNow();
  };

  /** Of a conflict: what was edited here can still be had back by undoing. */
  readonly takeTheirs = (): void => {
    const { conflict } = this.#view;
    if (conflict === null) return;
    this.#history = done(this.#history, { segments: conflict.segments, caret: null });
    this.#stored = conflict.segments;
    this.#show({ version: conflict.version, conflict: null, saving: "stored" });
    this.#forget();
  };

  /** Nobody looks any more: what is not stored is tried once, and is kept here in any case. */
  readonly leave = (): void => {
    void this.storeNow().then(async () => {
      this.#timer?.();
      this.#timer = null;
      const base = await this.#base?.name.catch(() => undefined);
      if (base === undefined || this.#view.segments !== this.#stored) return;
      this.#base = null;
      await this.#drafts.removeBase(base);
    });
  };

  #begin(transcript: Transcript): void {
    this.#history = begun(transcript.segments);
    this.#stored = transcript.segments;
    this.#show({ version: transcript.version, saving: "stored", conflict: null });
  }

  #change(next: Edited, typing: { id: number; at: number } | null = null): void {
    const before = this.#history;
    this.#history = done(before, next, typing);
    if (this.#history !== before) this.#changed();
  }

  #go(history: History): void {
    if (history === this.#history) return;
    const caret = history.present.caret ?? this.#history.present.caret;
    this.#history = history;
    this.#changed();
    if (caret !== null) this.wish(caret);
  }

  #changed(): void {
    this.#failures = 0;
    this.#show(this.#view.conflict === null ? { saving: "waiting", problem: null } : {});
    this.#keepSoon();
    this.#storeAfter(this.#quiet);
  }

  get #quiet(): number {
    return this.#history.present.segments.length > LONG ? QUIET_LONG_MS : QUIET_MS;
  }

  #storeAfter(milliseconds: number): void {
    this.#timer?.();
    this.#timer = this.#clock.after(milliseconds, () => void this.storeNow());
  }

  #keepSoon(): void {
    this.#keeping ??= this.#clock.after(KEEP_MS, () => this.#keep());
  }

  #keep(): void {
    this.#keeping?.();
    this.#keeping = null;
    const { segments, version } = this.#view;
    if (segments === null) return;
    this.#base ??= { segments, name: this.#drafts.keepBase(this.#jobId, segments) };
    const { segments: whole, name } = this.#base;
    const patch = patchOf(whole, segments);
    name
      .then((base) => this.#drafts.keep(this.#jobId, version, base, patch))
      // A browser that keeps nothing still stores on the service.
      .catch(() => {});
  }

  #forget(): void {
    this.#keeping?.();
    this.#keeping = null;
    // After what was to be kept before.
    Promise.resolve(this.#base?.name)
      .then(() => this.#drafts.remove(this.#jobId))
      .catch(() => {});
  }

  async #wasStored(segments: readonly Segment[], version: number): Promise<void> {
    this.#failures = 0;
    this.#stored = segments;
    const isAll = this.#view.segments === segments;
    this.#show({ version, saving: isAll ? "stored" : "waiting", problem: null });
    if (isAll) this.#forget();
    else {
      this.#keep();
      this.#storeAfter(this.#quiet);
    }
  }

  async #wasNotStored(error: RetenderError): Promise<void> {
    if (error instanceof ServiceError && error.code === "transcript_changed") {
      const theirs = await this.#storage.transcript(this.#jobId).catch(() => null);
      if (theirs !== null) {
        this.#show({ saving: "conflict", conflict: theirs });
        return;
      }
    }
    const mayPass = error.passing || (error instanceof ServiceError && error.status >= 500);
    this.#show({ saving: mayPass ? "kept" : "refused", problem: error });
    const wait = WAITS_MS[Math.min(this.#failures, WAITS_MS.length - 1)] ?? QUIET_MS;
    this.#failures += 1;
    if (mayPass) this.#storeAfter(wait);
  }

  #show(change: Partial<EditorView>): void {
    const { present, past, future } = this.#history;
    this.#view = {
      ...this.#view,
      ...change,
      segments: present.segments,
      canUndo: past.length > 0,
      canRedo: future.length > 0,
    };
    for (const listener of [...this.#listeners]) listener();
  }
}

function isSame(one: readonly Segment[], other: readonly Segment[]): boolean {
  const told = (segments: readonly Segment[]) =>
    JSON.stringify(numbered(segments).map(({ start, end, text }) => [start, end, text]));
  return told(one) === told(other);
}

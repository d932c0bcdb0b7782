/**
 * The microphone. Every few seconds what was said goes to the browser's storage: a crash, a closed
 * tab or an empty battery costs those seconds at most.
 *
 *     idle ──► asking ──► recording ◄──► paused
 *       ▲         │           └──────┬──────┘
 *       │         ▼                  ▼ stop()
 *       ├───── failed             saving ──► idle, and it is in the outbox
 */
import type { Draft, Drafts } from "../outbox/shelf";
import { recordingType, suffixOf } from "./abilities";

export type RecorderState =
  | { readonly name: "idle" }
  | { readonly name: "asking" }
  | { readonly name: "recording"; readonly since: number; readonly before: number }
  | { readonly name: "paused"; readonly before: number }
  | { readonly name: "saving" }
  | { readonly name: "failed"; readonly why: Trouble };

export type Trouble = "denied" | "missing" | "busy" | "failed";

export interface RecorderOptions {
  readonly drafts: Drafts;
  readonly open: () => Promise<MediaStream>;
  readonly record: (stream: MediaStream, type: string) => MediaRecorder;
  readonly supports: (type: string) => boolean;
  readonly now: () => number;
  readonly newId: () => string;
  /** It is whole: to be kept until the service has it. */
  readonly done: (recording: Blob, draft: Draft, suffix: string) => Promise<void>;
  /** Keeps the screen on until the returned function is called. */
  readonly stayAwake: () => () => void;
  /** Holds a draft, so that no other tab takes it for one that broke off. */
  readonly hold: (id: string) => () => void;
}

const PIECE_MS = 3000;

interface Session {
  readonly draft: Draft;
  readonly stream: MediaStream;
  readonly recorder: MediaRecorder;
  readonly sleep: () => void;
  readonly release: () => void;
  /** Pieces are written one after the other. */
  written: Promise<void>;
  /** What the storage did not take. */
  readonly unkept: Blob[];
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #listeners = new Set<() => void>();
  #state: RecorderState = { name: "idle" };
  #session: Session | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  readonly getSnapshot = (): RecorderState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async start(): Promise<void> {
    if (this.#state.name !== "idle" && this.#state.name !== "failed") return;
    this.#show({ name: "asking" });
    try {
      this.#begin(await this.#options.open());
    } catch (error) {
      this.#show({ name: "failed", why: troubleOf(error) });
    }
  }

  pause(): void {
    if (this.#state.name !== "recording") return;
    this.#session?.recorder.pause();
    this.#show({ name: "paused", before: this.seconds() });
  }

  resume(): void {
    if (this.#state.name !== "paused") return;
    this.#session?.recorder.resume();
    this.#show({ name: "recording", since: this.#options.now(), before: this.#state.before });
  }

  /** Settles once it is in the outbox. */
  async stop(): Promise<void> {
    const session = this.#session;
    if (session === null || (this.#state.name !== "recording" && this.#state.name !== "paused")) {
      return;
    }
    this.#show({ name: "saving" });
    await stopped(session.recorder);
    await this.#finish(session);
  }

  async discard(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    this.#show({ name: "saving" });
    await stopped(session.recorder);
    await session.written;
    this.#close(session);
    await this.#options.drafts.remove(session.draft.id).catch(ignored);
    this.#show({ name: "idle" });
  }

  dismiss(): void {
    if (this.#state.name === "failed") this.#show({ name: "idle" });
  }

  /** How long it is by now. */
  seconds(): number {
    if (this.#state.name === "paused") return this.#state.before;
    if (this.#state.name !== "recording") return 0;
    return this.#state.before + (this.#options.now() - this.#state.since) / 1000;
  }

  #begin(stream: MediaStream): void {
    const { drafts, record, supports, now, newId, stayAwake, hold } = this.#options;
    const recorder = record(stream, recordingType(supports));
    const draft: Draft = { id: newId(), startedAt: now(), type: recorder.mimeType };
    const session: Session = {
      draft,
      stream,
      recorder,
      sleep: stayAwake(),
      release: hold(draft.id),
      written: drafts.begin(draft).catch(ignored),
      unkept: [],
    };
    recorder.ondataavailable = ({ data }) => {
      if (data.size === 0) return;
      session.written = session.written.then(() =>
        drafts.add(draft.id, data).catch(() => void session.unkept.push(data)),
      );
    };
    // The microphone was pulled out, or the browser took it away: what there is, is kept.
    for (const track of stream.getTracks()) track.onended = () => void this.stop();
    recorder.onerror = () => void this.stop();
    this.#session = session;
    recorder.start(PIECE_MS);
    this.#show({ name: "recording", since: now(), before: 0 });
  }

  async #finish(session: Session): Promise<void> {
    const { drafts, done } = this.#options;
    const { draft } = session;
    this.#session = null;
    await session.written;
    try {
      const kept = await drafts.whole(draft).catch(() => new Blob([]));
      const whole = new Blob([kept, ...session.unkept], { type: draft.type });
      if (whole.size > 0) await done(whole, draft, suffixOf(draft.type));
      await drafts.remove(draft.id).catch(ignored);
    } finally {
      this.#close(session);
      this.#show({ name: "idle" });
    }
  }

  #close({ stream, sleep, release }: Session): void {
    for (const track of stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
    sleep();
    release();
  }

  #show(state: RecorderState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Its last piece comes before it says that it has stopped. */
function stopped(recorder: MediaRecorder): Promise<void> {
  if (recorder.state === "inactive") return Promise.resolve();
  return new Promise((resolve) => {
    recorder.onstop = () => resolve();
    recorder.stop();
  });
}

function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "failed";
}

function ignored(): void {}

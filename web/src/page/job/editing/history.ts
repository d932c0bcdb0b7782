/** What can be taken back, and done again after all. */
import type { Segment } from "../../../client";
import type { Caret } from "./operations";

interface State {
  readonly segments: readonly Segment[];
  readonly caret: Caret | null;
}

export interface History {
  readonly present: State;
  readonly past: readonly State[];
  readonly future: readonly State[];
  /** What is typed into one segment without a pause is taken back at once. */
  readonly typing: { readonly id: number; readonly at: number } | null;
}

const PAUSE_MS = 1000;
const MOST = 500;

export function begun(segments: readonly Segment[]): History {
  return { present: { segments, caret: null }, past: [], future: [], typing: null };
}

export function done(
  history: History,
  next: State,
  typing: { readonly id: number; readonly at: number } | null = null,
): History {
  if (next.segments === history.present.segments) return history;
  const { typing: before } = history;
  const goesOn = typing !== null && before?.id === typing.id && typing.at - before.at < PAUSE_MS;
  return {
    present: next,
    past: goesOn ? history.past : [...history.past, history.present].slice(-MOST),
    future: [],
    typing,
  };
}

export function undone(history: History): History {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  const { present, past, future } = history;
  return { present: before, past: past.slice(0, -1), future: [present, ...future], typing: null };
}

export function redone(history: History): History {
  const [next, ...rest] = history.future;
  if (next === undefined) return history;
  return { present: next, past: [...history.past, history.present], future: rest, typing: null };
}

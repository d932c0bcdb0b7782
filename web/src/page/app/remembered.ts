/** Small choices that this browser keeps. Where it keeps nothing (private mode, a full disk), they
 * last as long as the page. */
export interface Remembered<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

const PREFIX = "retender.";

export function remembered<T>(name: string, otherwise: T): Remembered<T> {
  let value = read(name, otherwise);
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      value = next;
      try {
        localStorage.setItem(PREFIX + name, JSON.stringify(next));
      } catch {
        // It is kept in memory.
      }
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function read<T>(name: string, otherwise: T): T {
  try {
    const kept = localStorage.getItem(PREFIX + name);
    return kept === null ? otherwise : (JSON.parse(kept) as T);
  } catch {
    return otherwise;
  }
}

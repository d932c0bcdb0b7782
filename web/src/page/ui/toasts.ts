/** Short notes at the edge of the page: something was done, or was not. */
export interface Toast {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 6000;
const MOST = 4;

let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

export function toast(
  text: string,
  { kind = "done", action }: { kind?: Toast["kind"]; action?: Toast["action"] } = {},
): void {
  count += 1;
  const id = count;
  show([...toasts, { id, kind, text, ...(action ? { action } : {}) }].slice(-MOST));
  // What failed, and what can be acted on, stays until it is dismissed.
  if (kind === "done" && action === undefined) setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  show(toasts.filter((toast) => toast.id !== id));
}

export function shownToasts(): readonly Toast[] {
  return toasts;
}

export function onToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function show(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of [...listeners]) listener();
}

/**
 * Marks on the text by the CSS Custom Highlight API: ranges of text nodes, no elements. Only what is
 * on the page can be marked: passages say when they come, change and go. Browsers without the API
 * show the text without marks.
 */
export const MARKS = ["playing", "found", "chosen", "doubtful"] as const;
export type Mark = (typeof MARKS)[number];

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export class Marks {
  readonly #nodes = new Map<number, Text>();
  readonly #ranges = new Map<string, readonly Range[]>();
  readonly #highlights: ReadonlyMap<Mark, Highlight> | null;
  readonly #listeners = new Set<(id: number) => void>();

  constructor() {
    this.#highlights = isSupported()
      ? new Map(MARKS.map((mark) => [mark, new Highlight()] as const))
      : null;
  }

  /** They are the document's: one transcript at a time is marked. */
  show(): () => void {
    for (const [mark, highlight] of this.#highlights ?? []) CSS.highlights.set(mark, highlight);
    return () => {
      for (const mark of this.#highlights?.keys() ?? []) CSS.highlights.delete(mark);
    };
  }

  /** A passage is on the page, with this text. */
  attach(id: number, node: Text): () => void {
    this.#nodes.set(id, node);
    for (const changed of this.#listeners) changed(id);
    return () => {
      if (this.#nodes.get(id) !== node) return;
      this.#nodes.delete(id);
      for (const mark of MARKS) this.#drop(mark, id);
    };
  }

  onAttached(listener: (id: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  paint(mark: Mark, id: number, stretches: readonly Stretch[]): void {
    this.#drop(mark, id);
    const node = this.#nodes.get(id);
    const highlight = this.#highlights?.get(mark);
    if (node === undefined || highlight === undefined || stretches.length === 0) return;
    const ranges = stretches.map(({ from, to }) => {
      const range = new Range();
      range.setStart(node, Math.min(from, node.length));
      range.setEnd(node, Math.min(to, node.length));
      highlight.add(range);
      return range;
    });
    this.#ranges.set(`${mark} ${id}`, ranges);
  }

  #drop(mark: Mark, id: number): void {
    const key = `${mark} ${id}`;
    for (const range of this.#ranges.get(key) ?? []) this.#highlights?.get(mark)?.delete(range);
    this.#ranges.delete(key);
  }
}

function isSupported(): boolean {
  return typeof Highlight !== "undefined" && typeof CSS !== "undefined" && "highlights" in CSS;
}

/** The service's figures, as Prometheus reads them. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Figures = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"/g;

export function figuresIn(text: string): Figures {
  const figures = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name === undefined || line.startsWith("#")) continue;
    const pairs = [...labels.matchAll(LABEL)].map(([, key = "", said = ""]) => [
      key,
      said.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped)),
    ]);
    const sample = { labels: Object.fromEntries(pairs), value: Number(value) };
    figures.set(name, [...(figures.get(name) ?? []), sample]);
  }
  return figures;
}

/** Of a figure without labels, or the sum of all with them; null: the service does not tell. */
export function total(figures: Figures, name: string): number | null {
  const samples = figures.get(name);
  return samples === undefined ? null : samples.reduce((sum, { value }) => sum + value, 0);
}

/** Of what is counted in buckets. */
export function mean(figures: Figures, name: string): number | null {
  const count = total(figures, `${name}_count`);
  const sum = total(figures, `${name}_sum`);
  return count === null || sum === null || count === 0 ? null : sum / count;
}

/** The loudest in each of so many stretches, 0 to 1, the loudest of all being 1. */
export function levels(peaks: readonly number[], count: number): readonly number[] {
  if (peaks.length === 0 || count <= 0) return [];
  const loudest = peaks.reduce((most, peak) => Math.max(most, Math.abs(peak)), 0) || 1;
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((at + 1) * peaks.length) / count));
    let most = 0;
    for (let index = from; index < to; index += 1)
      most = Math.max(most, Math.abs(peaks[index] ?? 0));
    return most / loudest;
  });
}

/** A time as somebody writes it: `83.4`, `1:23.4`, `1:02:03,5`; null: it is none. */
export function secondsOf(written: string): number | null {
  const parts = written.trim().replace(",", ".").split(":");
  if (parts.length > 3 || parts.some((part) => !/^\d+(?:\.\d+)?$/.test(part.trim()))) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Says something to who cannot see it, once, without taking the focus: `<LiveRegion>` reads it. */
type Say = (text: string) => void;
const listeners = new Set<Say>();

export function announce(text: string): void {
  for (const say of listeners) say(text);
}

export function onAnnounced(say: Say): () => void {
  listeners.add(say);
  return () => listeners.delete(say);
}

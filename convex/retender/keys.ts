/**
 * Whether the service may write. It sends a shared secret that has no other use: not a deploy key,
 * with which one could change the functions themselves.
 */

export type KeyVerdict = "current" | "previous" | "wrong" | "not_configured";

/**
 * Digests are compared, whole, whatever differs: the time it takes tells nothing about the keys,
 * nor about which of the two was nearly right.
 */
export async function checkKey(
  authorization: string | null,
  { current, previous }: { current: string; previous: string },
): Promise<KeyVerdict> {
  if (current === "") return "not_configured";
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
  const [sent, wanted, former] = await Promise.all([
    digest(given),
    digest(current),
    digest(previous),
  ]);
  const [isCurrent, isPrevious] = [equal(sent, wanted), equal(sent, former)];
  // Also where there is no previous key, of which this would be the digest.
  if (given === "") return "wrong";
  if (isCurrent) return "current";
  return isPrevious ? "previous" : "wrong";
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  a.forEach((byte, i) => (difference |= byte ^ (b[i] ?? 0)));
  return difference === 0;
}

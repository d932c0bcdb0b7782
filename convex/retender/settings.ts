/** The variables of the Convex deployment. A value that means nothing stops with its name. */

// Declared here, so that an application need not have the types of Node.
declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

const DAY = 24 * 60 * 60_000;

/** With which the service writes: the one it should use, and the one that a rotation replaces. */
export function keys(): { current: string; previous: string } {
  return { current: text("RETENDER_API_KEY"), previous: text("RETENDER_API_KEY_PREVIOUS") };
}

/** Where the service is, and the key with which it is asked, empty where it asks for none. */
export function service(): { url: string; key: string } | null {
  const url = text("RETENDER_URL").replace(/\/+$/, "");
  return url === "" ? null : { url, key: text("RETENDER_SERVICE_KEY") };
}

/** How long a job stays after it last changed, in milliseconds. `RETENDER_KEEP_DAYS=0`: for ever. */
export function keepFor(): number {
  const days = positive("RETENDER_KEEP_DAYS", 30);
  return days === 0 ? Infinity : days * DAY;
}

/** How long nothing may have been heard of a job that goes on, in milliseconds. */
export function stuckAfter(): number {
  return positive("RETENDER_STUCK_SECONDS", 300) * 1000;
}

/** Whether the service's word is enough to make a row, or the application must have made it. */
export function onlyCreated(): boolean {
  const value = text("RETENDER_ONLY_CREATED").toLowerCase();
  if (["", "false", "0", "no"].includes(value)) return false;
  if (["true", "1", "yes"].includes(value)) return true;
  throw new Error("RETENDER_ONLY_CREATED must be true or false");
}

function positive(name: string, otherwise: number): number {
  const value = text(name);
  const number = value === "" ? otherwise : Number(value);
  if (!Number.isFinite(number) || number < 0) {
    throw new Error(`${name} must be a number from 0`);
  }
  return number;
}

function text(name: string): string {
  return (process.env[name] ?? "").trim();
}

/**
 * What recordings are called, for a service that does not tell: it is remembered here under the id
 * of the job when it is handed in.
 */
import { remembered } from "../app/remembered";

const MOST = 500;

const names = remembered<readonly (readonly [string, string])[]>("names", []);

export function rememberName(jobId: string, name: string): void {
  const others = names.get().filter(([known]) => known !== jobId);
  names.set([...others, [jobId, name] as const].slice(-MOST));
}

export function nameHere(jobId: string): string | null {
  return names.get().find(([known]) => known === jobId)?.[1] ?? null;
}

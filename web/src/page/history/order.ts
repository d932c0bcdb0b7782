import type { ListedJob } from "../../client";

export const ORDERS = ["newest", "oldest", "name", "longest"] as const;
export type Order = (typeof ORDERS)[number];

/** Of what has been loaded; the service lists the newest first. */
export function ordered(
  jobs: readonly ListedJob[],
  order: Order,
  nameOf: (job: ListedJob) => string,
  language: string,
): readonly ListedJob[] {
  switch (order) {
    case "newest":
      return jobs;
    case "oldest":
      return [...jobs].reverse();
    case "longest":
      return [...jobs].sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0));
    case "name": {
      const { compare } = new Intl.Collator(language, { numeric: true });
      return [...jobs].sort((a, b) => compare(nameOf(a), nameOf(b)));
    }
  }
}

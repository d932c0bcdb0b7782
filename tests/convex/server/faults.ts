/** What goes wrong, and for how many requests. The first that is left counts. */

const KINDS = ["delay", "status", "drop", "lose_answer"] as const;

export interface Fault {
  /**
   * - `delay`: the functions see the request after `ms` milliseconds.
   * - `status`: answered with `status` (and `retry_after`, as a header); the functions see nothing.
   * - `drop`: the connection is cut; the functions see nothing.
   * - `lose_answer`: the functions see it, then the connection is cut.
   */
  kind: (typeof KINDS)[number];
  /** How many requests; absent: all, until the faults are set anew. */
  times?: number;
  ms?: number;
  status?: number;
  retry_after?: string;
}

export class Faults {
  private left: Fault[] = [];

  set(faults: unknown): void {
    if (!Array.isArray(faults)) throw new Error("faults are a list");
    for (const { kind, status } of faults as Fault[]) {
      if (!KINDS.includes(kind)) throw new Error(`a fault's kind is one of ${KINDS.join(", ")}`);
      if (kind === "status" && status === undefined) throw new Error("which status?");
    }
    this.left = (faults as Fault[]).map((fault) => ({ ...fault }));
  }

  all(): Fault[] {
    return this.left;
  }

  next(): Fault | null {
    const fault = this.left[0];
    if (fault === undefined) return null;
    if (fault.times !== undefined && --fault.times <= 0) this.left.shift();
    return { ...fault };
  }
}

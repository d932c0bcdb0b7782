/**
 * Nothing here is measured by the clock: this only ends what hangs, on a machine that has much else to
 * do.
 */
export const DEADLINE_MS = 300_000;

/** What the rules in `machine` are about: a link to one job, what may happen to it, and what may be
 * done for it. */
import type { Heard, Message } from "../messages";
import type { Job, Segment } from "../shapes";

export interface Limits {
  readonly connect: number;
  /** The service says something every 30 s. */
  readonly silence: number;
  /** Up for so long, a connection makes earlier failures forgotten. */
  readonly stable: number;
  /** After the computer woke or changed networks, so long an answer to a ping may take. */
  readonly probe: number;
  readonly backoff: { readonly base: number; readonly most: number };
  readonly poll: number;
  /** Failures in a row after which something else is tried. */
  readonly failures: number;
}

export const LIMITS: Limits = {
  connect: 10_000,
  silence: 45_000,
  stable: 5_000,
  probe: 5_000,
  backoff: { base: 500, most: 15_000 },
  poll: 2_000,
  failures: 3,
};

export type Phase =
  | { readonly name: "idle" }
  | { readonly name: "connecting"; readonly attempt: number }
  | { readonly name: "open" }
  | {
      readonly name: "waiting";
      readonly attempt: number;
      /** On the clock's time, for a countdown. */
      readonly until: number;
      readonly reason: string;
    }
  | { readonly name: "offline" }
  | { readonly name: "finished" }
  | { readonly name: "refused"; readonly code: number; readonly reason: string }
  | { readonly name: "stopped" };

export type Substitute = "stream" | "polling";

export interface Link {
  readonly phase: Phase;
  /** The number of the last lasting message that was handed on. */
  readonly seq: number;
  /** Whether that was an end. A failed job may be retried: only the service says what is the last. */
  readonly ended: boolean;
  readonly failures: number;
  readonly heardAt: number;
  readonly substitute: Substitute | null;
  readonly substituteFailures: number;
}

export type Timer =
  | "connect"
  | "silence"
  | "stable"
  | "retry"
  /** The substitute is due again. */
  | "substitute"
  | "substitute silence";

export type Happening =
  | { readonly type: "start" | "stop" | "online" | "offline" | "visible" }
  | { readonly type: "timer"; readonly timer: Timer }
  | ({ readonly type: "heard"; readonly by: "socket" | "stream" } & Heard)
  | { readonly type: "closed"; readonly code: number; readonly reason: string }
  | { readonly type: "substitute lost" | "substitute finished" }
  | { readonly type: "substitute refused"; readonly code: number; readonly reason: string }
  | {
      readonly type: "polled";
      readonly job: Job;
      readonly segments: readonly Segment[] | null;
    };

/** What is sent to the followers. */
export type Delivery =
  | { readonly type: "message"; readonly message: Message }
  /** The whole of it, in place of all that was told before. */
  | { readonly type: "snapshot"; readonly job: Job; readonly segments: readonly Segment[] | null }
  /** The numbers have begun anew: forget what was told. */
  | { readonly type: "reset" };

export type Effect =
  | { readonly do: "open"; readonly since: number }
  | { readonly do: "drop" | "end substitute" | "poll" }
  | { readonly do: "stream"; readonly since: number }
  | { readonly do: "say"; readonly command: "ping" | "pong" }
  | { readonly do: "arm"; readonly timer: Timer; readonly milliseconds: number }
  | { readonly do: "disarm"; readonly timer: Timer }
  | { readonly do: "deliver"; readonly delivery: Delivery };

export type Step = readonly [Link, readonly Effect[]];

export interface Circumstances {
  readonly now: number;
  readonly random: number;
  readonly limits: Limits;
}

export function unlinked(since = 0): Link {
  return {
    phase: { name: "idle" },
    seq: since,
    ended: false,
    failures: 0,
    heardAt: 0,
    substitute: null,
    substituteFailures: 0,
  };
}

/** Whether it is being followed, or will be as soon as that is possible. */
export function isActive({ phase }: Link): boolean {
  return !["idle", "finished", "refused", "stopped"].includes(phase.name);
}

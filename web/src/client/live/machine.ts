/*
 * The rules of following one job, as a pure function: a link and what happened to it, to the link
 * after that and what is to be done. Nothing in here waits, sends or looks at the time.
 *
 *                start                      `connected` came
 *     idle ──────────────► connecting ─────────────────────────► open
 *                           ▲   │ closed, or 10 s               │ closed, 45 s of silence,
 *         backoff over,     │   │ without `connected`           │ or a number is missing
 *         online, visible   │   ▼                               │
 *                          waiting ◄────────────────────────────┘
 *
 *     connecting, open, waiting ──── offline ────► offline ──── online ────► connecting
 *     connecting, open, waiting ──── all is told ────► finished
 *     connecting, open, waiting ──── a fatal code ────► refused
 *     any ──── stop ────► stopped
 *     finished, refused, stopped ──── start ────► connecting
 *
 * After three failures in a row a substitute tells the news while the socket is still tried: the
 * event stream, and when that fails three times as well, polling. A socket that opens ends it.
 *
 * Numbered messages go through here whatever carried them, and each goes on exactly once: one that
 * was seen is dropped, and a missing one makes the link come back with the last number it has.
 */
import { type Connected, type Heard, isTerminal } from "../messages";
import { backoff } from "../retry";
import { isFinished, type Job, type Segment } from "../shapes";
import {
  type Circumstances,
  type Effect,
  type Happening,
  isActive,
  type Link,
  type Phase,
  type Step,
  type Substitute,
  type Timer,
} from "./link";

/** Coming back would bring the same answer. */
const FATAL: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 4400, 4401, 4403, 4404]);
const TOLD_ALL = 1000;

const ALL_TIMERS: readonly Timer[] = [
  "connect",
  "silence",
  "stable",
  "retry",
  "substitute",
  "substitute silence",
];

export function step(link: Link, happening: Happening, given: Circumstances): Step {
  if (happening.type === "start") return isActive(link) ? [link, []] : start(link, given);
  if (happening.type === "stop") return rest(link, { name: "stopped" });
  if (!isActive(link)) return [link, []];
  switch (happening.type) {
    case "offline":
      return rest(link, { name: "offline" });
    case "online":
    case "visible":
      return comeBack(link, happening.type, given);
    case "timer":
      return onTimer(link, happening.timer, given);
    case "heard":
      return hear(link, happening, given);
    case "closed":
      return onClosed(link, happening.code, happening.reason, given);
    case "substitute lost":
      return substituteLost(link, given);
    case "substitute finished":
      return rest(link, { name: "finished" });
    case "substitute refused":
      return rest(link, { name: "refused", code: happening.code, reason: happening.reason });
    case "polled":
      return polled(link, happening.job, happening.segments, given);
  }
}

function start(link: Link, given: Circumstances): Step {
  return connect({ ...link, failures: 0, substitute: null, substituteFailures: 0 }, given);
}

function connect(link: Link, { limits }: Circumstances): Step {
  return [
    { ...link, phase: { name: "connecting", attempt: link.failures } },
    [
      { do: "disarm", timer: "retry" },
      { do: "arm", timer: "connect", milliseconds: limits.connect },
      { do: "open", since: link.seq },
    ],
  ];
}

/** No more of anything, until something happens that says otherwise. */
function rest(link: Link, phase: Phase): Step {
  return [
    { ...link, phase, substitute: null, substituteFailures: 0 },
    [
      ...ALL_TIMERS.map((timer): Effect => ({ do: "disarm", timer })),
      { do: "drop" },
      { do: "end substitute" },
    ],
  ];
}

function lose(link: Link, reason: string, given: Circumstances): Step {
  const { limits, now, random } = given;
  const wait = backoff(link.failures, random, limits.backoff);
  const failures = link.failures + 1;
  const phase: Phase = { name: "waiting", attempt: failures, until: now + wait, reason };
  const lost: Link = { ...link, phase, failures };
  const effects: Effect[] = [
    { do: "disarm", timer: "connect" },
    { do: "disarm", timer: "silence" },
    { do: "disarm", timer: "stable" },
    { do: "drop" },
    { do: "arm", timer: "retry", milliseconds: wait },
  ];
  if (failures < limits.failures || link.substitute !== null) return [lost, effects];
  return then([lost, effects], (after) => substitute(after, "stream", given));
}

function substitute(link: Link, kind: Substitute, given: Circumstances): Step {
  const begun: Link = { ...link, substitute: kind, substituteFailures: 0 };
  return tell(begun, given);
}

function tell(link: Link, given: Circumstances): Step {
  if (link.substitute === "stream") return stream(link, given);
  const milliseconds = given.limits.connect;
  return [link, [{ do: "arm", timer: "substitute silence", milliseconds }, { do: "poll" }]];
}

function stream(link: Link, { limits }: Circumstances): Step {
  return [
    link,
    [
      // Some proxies hold back all of it: then not even the greeting comes.
      { do: "arm", timer: "substitute silence", milliseconds: limits.connect },
      { do: "stream", since: link.seq },
    ],
  ];
}

function substituteLost(link: Link, given: Circumstances): Step {
  if (link.substitute === null) return [link, []];
  const failures = link.substituteFailures + 1;
  const lost: Link = { ...link, substituteFailures: failures };
  const over: readonly Effect[] = [
    { do: "disarm", timer: "substitute silence" },
    { do: "end substitute" },
  ];
  if (link.substitute === "stream" && failures >= given.limits.failures) {
    return then([lost, over], (after) => substitute(after, "polling", given));
  }
  const wait = Math.max(
    link.substitute === "polling" ? given.limits.poll : 0,
    backoff(link.substituteFailures, given.random, given.limits.backoff),
  );
  return [lost, [...over, { do: "arm", timer: "substitute", milliseconds: wait }]];
}

function comeBack(link: Link, why: "online" | "visible", given: Circumstances): Step {
  const { limits, now } = given;
  switch (link.phase.name) {
    case "offline":
      return why === "online" ? start(link, given) : [link, []];
    case "waiting":
      return connect(link, given);
    case "open":
      // Timers stand still in a computer that sleeps: the connection may be long dead.
      if (now - link.heardAt >= limits.silence) return lose(link, "silent", given);
      return [
        link,
        [
          { do: "say", command: "ping" },
          { do: "arm", timer: "silence", milliseconds: limits.probe },
        ],
      ];
    default:
      return [link, []];
  }
}

function onTimer(link: Link, timer: Timer, given: Circumstances): Step {
  switch (timer) {
    case "connect":
      return link.phase.name === "connecting" ? lose(link, "no answer", given) : [link, []];
    case "silence":
      return link.phase.name === "open" ? lose(link, "silent", given) : [link, []];
    case "stable":
      return [link.phase.name === "open" ? { ...link, failures: 0 } : link, []];
    case "retry":
      return link.phase.name === "waiting" ? connect(link, given) : [link, []];
    case "substitute":
      return link.substitute === null ? [link, []] : tell(link, given);
    case "substitute silence":
      return substituteLost(link, given);
  }
}

function onClosed(link: Link, code: number, reason: string, given: Circumstances): Step {
  if (link.phase.name !== "open" && link.phase.name !== "connecting") return [link, []];
  if (code === TOLD_ALL && link.ended) return rest(link, { name: "finished" });
  if (FATAL.has(code)) return rest(link, { name: "refused", code, reason });
  return lose(link, reason || `closed (${code})`, given);
}

function hear(link: Link, heard: Heard & { by: "socket" | "stream" }, given: Circumstances): Step {
  if (heard.by === "stream" && link.substitute !== "stream") return [link, []];
  return then(alive(link, heard.by, given), (after) => take(after, heard, given));
}

function alive(link: Link, by: "socket" | "stream", { now, limits }: Circumstances): Step {
  if (by === "stream") {
    return [link, [{ do: "arm", timer: "substitute silence", milliseconds: limits.silence }]];
  }
  const listening: Effect = { do: "arm", timer: "silence", milliseconds: limits.silence };
  if (link.phase.name === "open") return [{ ...link, heardAt: now }, [listening]];
  return [
    { ...link, phase: { name: "open" }, heardAt: now, substitute: null, substituteFailures: 0 },
    [
      listening,
      { do: "disarm", timer: "connect" },
      { do: "disarm", timer: "substitute" },
      { do: "disarm", timer: "substitute silence" },
      { do: "end substitute" },
      { do: "arm", timer: "stable", milliseconds: limits.stable },
    ],
  ];
}

function take(link: Link, heard: Heard & { by: "socket" | "stream" }, given: Circumstances): Step {
  const { message, seq } = heard;
  if (seq !== undefined) return takeNumbered(link, heard, seq, given);
  if (message === null) return [link, []];
  const deliver: Effect = { do: "deliver", delivery: { type: "message", message } };
  switch (message.type) {
    case "connected":
      return greeted(link, message, heard.by, given);
    case "ping":
      return [link, heard.by === "socket" ? [{ do: "say", command: "pong" }] : []];
    case "pong":
      return [link, []];
    default:
      return [link, [deliver]];
  }
}

function greeted(
  link: Link,
  message: Connected,
  by: "socket" | "stream",
  given: Circumstances,
): Step {
  const { seq, status } = message.data;
  if (seq >= link.seq) {
    const told: Link = { ...link, ended: isFinished(status) && seq === link.seq };
    return [told, [{ do: "deliver", delivery: { type: "message", message } }]];
  }
  // The service knows of less than we were told: it was set back to an earlier state.
  const anew: Link = { ...link, seq: 0, ended: false };
  return then([anew, [{ do: "deliver", delivery: { type: "reset" } }]], (after) =>
    by === "socket" ? connect(after, given) : stream(after, given),
  );
}

function takeNumbered(
  link: Link,
  heard: Heard & { by: "socket" | "stream" },
  seq: number,
  given: Circumstances,
): Step {
  if (seq <= link.seq) return [link, []];
  if (seq > link.seq + 1) {
    return heard.by === "socket"
      ? lose(link, `message ${link.seq + 1} is missing`, given)
      : substituteLost(link, given);
  }
  const { message } = heard;
  const ended = message === null ? link.ended : isTerminal(message);
  return [
    { ...link, seq, ended, substituteFailures: 0 },
    message === null ? [] : [{ do: "deliver", delivery: { type: "message", message } }],
  ];
}

function polled(
  link: Link,
  job: Job,
  segments: readonly Segment[] | null,
  { limits }: Circumstances,
): Step {
  if (link.substitute !== "polling") return [link, []];
  const ended = isFinished(job.status);
  const seen: Link = { ...link, seq: Math.max(link.seq, job.seq), ended, substituteFailures: 0 };
  const told: Effect[] =
    job.seq < link.seq ? [] : [{ do: "deliver", delivery: { type: "snapshot", job, segments } }];
  if (ended) return then([seen, told], (after) => rest(after, { name: "finished" }));
  return [
    seen,
    [
      ...told,
      { do: "disarm", timer: "substitute silence" },
      { do: "arm", timer: "substitute", milliseconds: limits.poll },
    ],
  ];
}

function then([link, effects]: Step, next: (link: Link) => Step): Step {
  const [after, more] = next(link);
  return [after, [...effects, ...more]];
}

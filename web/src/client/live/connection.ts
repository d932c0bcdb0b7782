import type { Clock } from "../clock";
import type { Command } from "../messages";
import { type Carriers, fatalCode } from "./carriers";
import {
  type Delivery,
  type Effect,
  type Happening,
  LIMITS,
  type Limits,
  type Link,
  type Phase,
  type Substitute,
  type Timer,
  unlinked,
} from "./link";
import { step } from "./machine";
import type { Surroundings } from "./surroundings";

export interface ConnectionState {
  readonly phase: Phase;
  /** What tells the news while the socket does not. */
  readonly substitute: Substitute | null;
}

export interface ConnectionOptions {
  readonly carriers: Carriers;
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  readonly limits?: Limits;
  /** The number of the last message that is known already; 0: all of them are wanted. */
  readonly since?: number;
  /** Each numbered message comes here exactly once, and in order. */
  readonly deliver: (delivery: Delivery) => void;
}

/** On `clock.now()`: when it is due, and when what runs for it is over, which is not later. */
interface Armed {
  due: number;
  readonly runsOut: number;
  readonly end: () => void;
}

/** Does what the rules in `machine` say, with real carriers and timers. */
export class JobConnection {
  readonly #options: ConnectionOptions;
  readonly #timers = new Map<Timer, Armed>();
  readonly #listeners = new Set<() => void>();
  readonly #waiting: Happening[] = [];
  #busy = false;
  #link: Link;
  #state: ConnectionState;
  #socket: ReturnType<Carriers["socket"]> | null = null;
  #substitute: { end(): void } | null = null;
  #unwatch: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#link = unlinked(options.since);
    this.#state = { phase: this.#link.phase, substitute: null };
  }

  readonly getState = (): ConnectionState => this.#state;

  /** Called at each change of the state. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** The number of the last lasting message. */
  get seq(): number {
    return this.#link.seq;
  }

  start(): void {
    const { surroundings } = this.#options;
    this.#unwatch ??= surroundings.watch((what) => this.#happen({ type: what }));
    this.#happen({ type: "start" });
    if (!surroundings.online()) this.#happen({ type: "offline" });
  }

  stop(): void {
    this.#happen({ type: "stop" });
    this.#unwatch?.();
    this.#unwatch = null;
  }

  /** Try at once, without waiting for the time that is set for it. */
  retryNow(): void {
    this.#happen({ type: "visible" });
  }

  /** False: there is no socket to say it over. */
  say(command: Command): boolean {
    if (this.#link.phase.name !== "open" || this.#socket === null) return false;
    this.#socket.say(command);
    return true;
  }

  /** One at a time: what happens while another is dealt with, as a listener that stops the
   * connection, comes after it. */
  #happen(happening: Happening): void {
    this.#waiting.push(happening);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#apply(next);
    } finally {
      this.#busy = false;
    }
  }

  #apply(happening: Happening): void {
    const { clock, limits = LIMITS } = this.#options;
    const [link, effects] = step(this.#link, happening, {
      now: clock.now(),
      random: clock.random(),
      limits,
    });
    this.#link = link;
    for (const effect of effects) this.#perform(effect);
    this.#tellOf(link);
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case "open":
        this.#open(effect.since);
        break;
      case "drop":
        this.#drop();
        break;
      case "stream":
        this.#stream(effect.since);
        break;
      case "poll":
        this.#poll();
        break;
      case "end substitute":
        this.#endSubstitute();
        break;
      case "say":
        this.#socket?.say(effect.command);
        break;
      case "arm":
        this.#arm(effect.timer, effect.milliseconds);
        break;
      case "disarm":
        this.#disarm(effect.timer);
        break;
      case "deliver":
        this.#options.deliver(effect.delivery);
        break;
    }
  }

  #open(since: number): void {
    this.#drop();
    this.#socket = this.#options.carriers.socket(since, {
      heard: (heard) => this.#happen({ type: "heard", by: "socket", ...heard }),
      closed: (code, reason) => this.#happen({ type: "closed", code, reason }),
    });
  }

  #drop(): void {
    this.#socket?.drop();
    this.#socket = null;
  }

  #stream(since: number): void {
    this.#endSubstitute();
    this.#substitute = this.#options.carriers.stream(since, {
      heard: (heard) => this.#happen({ type: "heard", by: "stream", ...heard }),
      lost: () => this.#happen({ type: "substitute lost" }),
      finished: () => this.#happen({ type: "substitute finished" }),
      refused: (code, reason) => this.#happen({ type: "substitute refused", code, reason }),
    });
  }

  #poll(): void {
    this.#endSubstitute();
    const giveUp = new AbortController();
    this.#substitute = { end: () => giveUp.abort() };
    this.#options.carriers.poll(this.#link.seq, giveUp.signal).then(
      (polled) => {
        if (!giveUp.signal.aborted) this.#happen({ type: "polled", ...polled });
      },
      (error: unknown) => {
        if (giveUp.signal.aborted) return;
        const code = fatalCode(error);
        const reason = error instanceof Error ? error.message : "";
        this.#happen(
          code === null
            ? { type: "substitute lost" }
            : { type: "substitute refused", code, reason },
        );
      },
    );
  }

  #endSubstitute(): void {
    this.#substitute?.end();
    this.#substitute = null;
  }

  /** Each message puts some timers off. A timer that runs is left to run, and when it is over waits
   * for what is left: thousands of messages a second set no timers. */
  #arm(timer: Timer, milliseconds: number): void {
    const due = this.#options.clock.now() + milliseconds;
    const armed = this.#timers.get(timer);
    if (armed !== undefined && armed.runsOut <= due) armed.due = due;
    else this.#run(timer, due, milliseconds);
  }

  #run(timer: Timer, due: number, milliseconds: number): void {
    this.#disarm(timer);
    const { clock } = this.#options;
    const armed: Armed = {
      due,
      runsOut: clock.now() + milliseconds,
      end: clock.after(milliseconds, () => {
        this.#timers.delete(timer);
        const left = armed.due - armed.runsOut;
        if (left > 0) this.#run(timer, armed.due, left);
        else this.#happen({ type: "timer", timer });
      }),
    };
    this.#timers.set(timer, armed);
  }

  #disarm(timer: Timer): void {
    this.#timers.get(timer)?.end();
    this.#timers.delete(timer);
  }

  #tellOf({ phase, substitute }: Link): void {
    if (this.#state.phase === phase && this.#state.substitute === substitute) return;
    this.#state = { phase, substitute };
    for (const listener of [...this.#listeners]) listener();
  }
}

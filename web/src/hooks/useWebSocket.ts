import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import {
  browser,
  type Command,
  type ConnectionState,
  carriers,
  type Delivery,
  JobConnection,
  type Limits,
  type Surroundings,
} from "../client";
import { useRetender } from "./context";

export interface SocketOptions {
  /** Called with each message: numbered ones come exactly once and in order. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** The last number that is known already. */
  readonly since?: number;
  readonly enabled?: boolean;
  readonly limits?: Limits;
  readonly surroundings?: Surroundings;
}

export interface Socket extends ConnectionState {
  readonly say: (command: Command) => boolean;
  readonly retryNow: () => void;
}

/** The messages of one job as they come, for who makes something of them himself. A view of the
 * job, shared by all who look at it, is `useTranscriptionJob`. */
export function useWebSocket(jobId: string, options: SocketOptions): Socket {
  const { onDelivery, since = 0, enabled = true, limits, surroundings = browser } = options;
  const { http } = useRetender();
  const latest = useRef(onDelivery);
  useEffect(() => {
    latest.current = onDelivery;
  });
  const connection = useMemo(
    () =>
      new JobConnection({
        carriers: carriers(http, jobId),
        clock: http.clock,
        surroundings,
        since,
        deliver: (delivery) => latest.current(delivery),
        ...(limits === undefined ? {} : { limits }),
      }),
    [http, jobId, since, surroundings, limits],
  );
  useEffect(() => {
    if (!enabled) return;
    connection.start();
    return () => connection.stop();
  }, [connection, enabled]);
  const state = useSyncExternalStore(
    connection.subscribe,
    connection.getState,
    connection.getState,
  );
  const say = useCallback((command: Command) => connection.say(command), [connection]);
  const retryNow = useCallback(() => connection.retryNow(), [connection]);
  return { ...state, say, retryNow };
}

/** What carries a job's news: a WebSocket, an event stream, or a question asked again and again. */

import { NetworkError, type RetenderError, ServiceError } from "../errors";
import type { Http } from "../http";
import { arrived } from "../late";
import { type Command, type Heard, parse } from "../messages";
import type { Job, Result, Segment } from "../shapes";

export interface SocketListener {
  heard(heard: Heard): void;
  closed(code: number, reason: string): void;
}

export interface StreamListener {
  heard(heard: Heard): void;
  lost(): void;
  finished(): void;
  refused(code: number, reason: string): void;
}

export interface Polled {
  readonly job: Job;
  /** Null: there are no others than those known. */
  readonly segments: readonly Segment[] | null;
}

export interface Carriers {
  socket(since: number, listener: SocketListener): { say(command: Command): void; drop(): void };
  stream(since: number, listener: StreamListener): { end(): void };
  poll(known: number, signal: AbortSignal): Promise<Polled>;
}

/** As a closed socket says it. */
export const ABNORMAL = 1006;
const UNAUTHORIZED = 4401;
const NO_SUCH_JOB = 4404;

/** The close code that means the same; null: it will be right again in a while. */
export function fatalCode(error: unknown): number | null {
  if (!(error instanceof ServiceError) || error.passing) return null;
  if (error.status === 401 || error.status === 403) return UNAUTHORIZED;
  return error.code === "job_not_found" ? NO_SUCH_JOB : null;
}

export function carriers(http: Http, jobId: string): Carriers {
  const path = `/job/${encodeURIComponent(jobId)}`;
  return {
    socket: (since, listener) => socket(http, jobId, since, listener),
    stream: (since, listener) => stream(http, path, since, listener),
    async poll(known, signal) {
      const status = { query: { text: false }, signal, again: false } as const;
      const job = await http.json<Job>(path, status);
      if (job.status === "completed") {
        const whole = await http.json<Job>(path, { signal, again: false });
        return { job: whole, segments: whole.result?.segments ?? null };
      }
      if (job.seq === known) return { job, segments: null };
      const query = { format: "json", partial: true };
      const part = await http.json<Result>(`${path}/result`, { query, signal, again: false });
      return { job, segments: part.segments };
    },
  };
}

function socket(
  http: Http,
  jobId: string,
  since: number,
  listener: SocketListener,
): { say(command: Command): void; drop(): void } {
  let open: WebSocket | null = null;
  let dropped = false;
  const closed = (code: number, reason: string) => {
    if (dropped) return;
    dropped = true;
    listener.closed(code, reason);
  };
  const begin = async () => {
    // A connection that is stopped in the turn that started it asks the service nothing.
    await Promise.resolve();
    if (dropped) return;
    const ticket = await newTicket(http);
    if (dropped) return;
    const path = `/ws/transcription/${encodeURIComponent(jobId)}`;
    open = new http.WebSocket(http.socketUrl(path, { since, ticket }));
    open.onmessage = ({ data }: MessageEvent) => {
      if (!dropped && typeof data === "string") listener.heard(parse(data));
    };
    // An error is always followed by a close, which says more.
    open.onerror = () => {};
    open.onclose = ({ code, reason }: CloseEvent) => closed(code, reason);
  };
  begin().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : "the socket could not be opened";
    closed(fatalCode(error) ?? ABNORMAL, reason);
  });
  return {
    say(command) {
      if (open?.readyState === 1) open.send(JSON.stringify({ type: command, job_id: jobId }));
    },
    drop() {
      dropped = true;
      open?.close();
    },
  };
}

/** Browsers send no headers with a socket: in place of the key comes a ticket, which is good once. */
async function newTicket(http: Http): Promise<string | null> {
  if (http.apiKey === null) return null;
  const ask = { method: "POST", again: false } as const;
  return (await http.json<{ ticket: string }>("/ws-ticket", ask)).ticket;
}

/** By `fetch`, for an EventSource sends no key and no language. */
function stream(
  http: Http,
  path: string,
  since: number,
  listener: StreamListener,
): { end(): void } {
  const giveUp = new AbortController();
  const read = async () => {
    const answer = await http.answer(`${path}/events`, {
      query: { since },
      headers: { Accept: "text/event-stream" },
      signal: giveUp.signal,
      again: false,
    });
    if (answer.status === 204) {
      listener.finished();
      return;
    }
    if (answer.body === null) throw new NetworkError("the stream of events is empty");
    const { createParser } = await arrived(import("eventsource-parser"));
    const parser = createParser({
      onEvent: ({ data }) => {
        if (!giveUp.signal.aborted) listener.heard(parse(data));
      },
      onComment: () => {
        if (!giveUp.signal.aborted) listener.heard({ message: null, seq: undefined });
      },
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      parser.feed(value);
    }
    if (!giveUp.signal.aborted) listener.lost();
  };
  read().catch((error: unknown) => {
    if (giveUp.signal.aborted) return;
    const code = fatalCode(error);
    if (code === null) listener.lost();
    else listener.refused(code, (error as RetenderError).message);
  });
  return {
    end() {
      giveUp.abort();
    },
  };
}

/**
 * A job's news as the service tells them, over a real HTTP server and real WebSockets, by the same
 * contract: a greeting, what came after `since`, then live ones, and 1000 after the last. What goes
 * wrong on the way is up to the test.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { JobStatus, Segment } from "../../src/client";

interface Event {
  readonly type: string;
  readonly job_id: string;
  readonly data: Record<string, unknown>;
  readonly timestamp: string;
  readonly seq: number;
}

export interface Faults {
  /** Before a socket or a stream is let in. */
  refuse?: (what: "socket" | "stream") => boolean;
  /** For each numbered message about to be sent; what is done in place of sending it once. */
  onEvent?: (what: "socket" | "stream", sent: number) => Fault;
}

export type Fault = "none" | "break" | "close" | "twice" | "again from the start" | "leave out";

export const JOB_ID = "job-1";
export const KEY = "a-key";

export class Service {
  readonly faults: Faults = {};
  readonly asked: { method: string; path: string; headers: IncomingMessage["headers"] }[] = [];
  readonly tickets: string[] = [];
  readonly addresses: string[] = [];
  keyed = false;
  opened = 0;
  /** Connections that were ended by a fault. */
  broken = 0;
  status: JobStatus = "processing";
  readonly events: Event[] = [];
  readonly segments: Segment[] = [];
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #followers = new Set<() => void>();

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  get sockets(): number {
    return this.#sockets.clients.size;
  }

  /** A numbered message, to all who follow. */
  publish(type: string, data: Record<string, unknown>): void {
    const seq = this.events.length + 1;
    this.events.push({ type, job_id: JOB_ID, data, timestamp: "2026-01-01T00:00:00.000Z", seq });
    for (const wake of [...this.#followers]) wake();
  }

  say(count = 1): void {
    const id = this.segments.length;
    const more = Array.from({ length: count }, (_, at): Segment => {
      const number = id + at;
      const text = `Segment ${number}.`;
      return { id: number, start: number, end: number + 1, text, confidence: 0.9, language: "es" };
    });
    this.segments.push(...more);
    const progress = Math.min(99, this.segments.length / 100);
    const data = { status: "processing", stage: "transcribing", progress, message: "…" };
    this.publish("progress", { ...data, estimated_time_remaining: null, segments: more });
  }

  end(): void {
    this.status = "completed";
    const completed_at = "2026-01-01T00:00:01.000Z";
    const result_url = `/job/${JOB_ID}/result`;
    const data = { status: "completed", progress: 100, message: "…", completed_at, result_url };
    this.publish("completed", data);
  }

  get #job(): Record<string, unknown> {
    const done = this.status === "completed";
    return {
      job_id: JOB_ID,
      status: this.status,
      stage: "transcribing",
      progress: done ? 100 : 1,
      message: "…",
      created_at: "2026-01-01T00:00:00.000Z",
      started_at: null,
      completed_at: null,
      estimated_time_remaining: null,
      queue_position: null,
      attempt: 1,
      model: "medium",
      language: "es",
      duration: null,
      seq: this.events.length,
      error: null,
      result: done ? this.#result : null,
    };
  }

  get #result(): Record<string, unknown> {
    const text = this.segments.map((segment) => segment.text).join(" ");
    return { text, language: "es", model: "medium", engine: "local", segments: this.segments };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "http://here");
    const { method = "", headers } = request;
    this.addresses.push(url.href);
    this.asked.push({ method, path: url.pathname, headers });
    const allowed = !this.keyed || headers.authorization === `Bearer ${KEY}`;
    if (!allowed) return json(response, 401, error("unauthorized"));
    switch (url.pathname) {
      case "/ws-ticket":
        this.tickets.push(`ticket-${this.tickets.length}`);
        return json(response, 200, { ticket: this.tickets.at(-1), expires_in: 60 });
      case `/job/${JOB_ID}/retry`:
        this.status = "processing";
        return json(response, 202, { job_id: JOB_ID, status: "queued", queue_position: 1 });
      case `/job/${JOB_ID}`:
        return json(response, 200, this.#job);
      case `/job/${JOB_ID}/result`:
        return json(response, 200, this.#result);
      case `/job/${JOB_ID}/events`:
        return this.#stream(Number(url.searchParams.get("since") ?? 0), response);
      default:
        return json(response, 404, error("job_not_found"));
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.opened += 1;
    this.addresses.push(request.url ?? "");
    if (this.faults.refuse?.("socket")) {
      this.broken += 1;
      // The client may be gone before it is told.
      socket.on("error", () => {});
      socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      return;
    }
    const url = new URL(request.url ?? "", "http://here");
    this.#sockets.handleUpgrade(request, socket, head, (open) => this.#talk(open, url));
  }

  #talk(open: WebSocket, url: URL): void {
    if (this.keyed && !this.#isGood(url.searchParams.get("ticket"))) return open.close(4401, "no");
    if (!url.pathname.endsWith(`/${JOB_ID}`)) return open.close(4404, "there is no such job");
    open.on("message", (data) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      if (type === "ping") open.send(message("pong", {}));
      if (type === "get_status") open.send(message("status", this.#job));
    });
    const since = Number(url.searchParams.get("since") ?? 0);
    const stop = this.#tell("socket", since, {
      send: (text) => open.send(text),
      isFull: () => false,
      break: () => open.terminate(),
      close: () => open.close(1001, "stopping"),
      over: () => open.close(1000, "this was the last message"),
    });
    open.on("error", () => {});
    open.on("close", stop);
  }

  #isGood(ticket: string | null): boolean {
    const at = ticket === null ? -1 : this.tickets.indexOf(ticket);
    if (at >= 0) this.tickets[at] = "used";
    return at >= 0;
  }

  #stream(since: number, response: ServerResponse): void {
    if (this.faults.refuse?.("stream")) {
      this.broken += 1;
      return json(response, 503, error("busy"));
    }
    if (this.status === "completed" && since >= this.events.length) {
      response.writeHead(204).end();
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("retry: 2000\n\n");
    const stop = this.#tell("stream", since, {
      send: (text, seq) => {
        response.write(`${seq === undefined ? "" : `id: ${seq}\n`}data: ${text}\n\n`);
      },
      isFull: () => response.writableNeedDrain,
      break: () => response.destroy(),
      close: () => response.end(),
      over: () => response.end(),
    });
    response.on("drain", stop.wake);
    response.on("close", stop);
  }

  #tell(
    what: "socket" | "stream",
    since: number,
    to: Telling,
  ): (() => void) & { wake: () => void } {
    const { status, events } = this;
    to.send(message("connected", { message: "", job_id: JOB_ID, status, seq: events.length }));
    const position = { next: since, sent: 0, open: true };
    const stop = () => {
      position.open = false;
      this.#followers.delete(wake);
    };
    const wake = () => {
      while (position.open && position.next < this.events.length && !to.isFull()) {
        this.#tellNext(what, since, to, position, stop);
      }
    };
    this.#followers.add(wake);
    wake();
    // Nothing is left to tell to one who has heard the end by another way.
    if (position.open && status === "completed" && since >= events.length) {
      stop();
      to.over();
    }
    return Object.assign(stop, { wake });
  }

  #tellNext(
    what: "socket" | "stream",
    since: number,
    to: Telling,
    position: { next: number; sent: number },
    stop: () => void,
  ): void {
    const event = this.events[position.next];
    if (event === undefined) return;
    position.next += 1;
    position.sent += 1;
    const fault = this.faults.onEvent?.(what, position.sent) ?? "none";
    if (fault === "break" || fault === "close") {
      this.broken += 1;
      stop();
      to[fault]();
      return;
    }
    // That one is missing is seen by the next.
    if (fault === "leave out" && position.next < this.events.length) return;
    if (fault === "again from the start") position.next = since;
    to.send(JSON.stringify(event), event.seq);
    if (fault === "twice") to.send(JSON.stringify(event), event.seq);
    if (event.type !== "completed") return;
    stop();
    to.over();
  }
}

interface Telling {
  send(text: string, seq?: number): void;
  isFull(): boolean;
  break(): void;
  close(): void;
  over(): void;
}

export function error(code: string, message = "no", details: object = {}): object {
  return { error: { code, message, request_id: "request-1", details } };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function message(type: string, data: unknown): string {
  return JSON.stringify({ type, job_id: JOB_ID, data, timestamp: "2026-01-01T00:00:00.000Z" });
}

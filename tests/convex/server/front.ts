/** The port that stands for Convex: HTTP in front of the functions, with the faults in between. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, Faults } from "./faults.ts";
import type { Functions } from "./functions.ts";

/** One request as it was seen. `status` is null where the connection was cut. */
export interface Seen {
  n: number;
  /** Milliseconds since 1970: when it had come whole, and when it was answered. */
  at: number;
  ended: number | null;
  method: string;
  path: string;
  fault: Fault["kind"] | null;
  status: number | null;
  answer: unknown;
  job_id: string | null;
  version: number | null;
  job_status: string | null;
  progress: number | null;
  chunk: number | null;
  bytes: number;
  /** Requests of this job that were under way, this one among them. */
  in_flight: number;
}

const MOST_SEEN = 100_000;

export class Front {
  seen: Seen[] = [];
  private count = 0;
  private readonly underWay = new Map<string, number>();
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  private port = 0;

  constructor(
    private functions: Functions,
    private readonly faults: Faults,
  ) {}

  replace(functions: Functions): void {
    this.functions = functions;
  }

  /** On the same port as before, if there was one. */
  async up(): Promise<number> {
    if (this.server.listening) return this.port;
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.port, "127.0.0.1", resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
    return this.port;
  }

  /** Nothing listens: who connects is refused, who is connected is cut. */
  async down(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await whole(request);
    const seen = this.note(request, body);
    const job = seen.job_id ?? "";
    seen.in_flight = (this.underWay.get(job) ?? 0) + 1;
    this.underWay.set(job, seen.in_flight);
    try {
      await this.answer(request, response, body, seen);
    } finally {
      seen.ended = Date.now();
      const left = (this.underWay.get(job) ?? 1) - 1;
      if (left === 0) this.underWay.delete(job);
      else this.underWay.set(job, left);
    }
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    seen: Seen,
  ): Promise<void> {
    const fault = this.faults.next();
    seen.fault = fault?.kind ?? null;
    if (fault?.kind === "drop") return void request.socket.destroy();
    if (fault?.kind === "status") {
      seen.status = fault.status ?? 500;
      if (fault.retry_after !== undefined) response.setHeader("Retry-After", fault.retry_after);
      response.writeHead(seen.status, { "Content-Type": "application/json" });
      return void response.end(JSON.stringify({ error: { code: "fault", message: "as asked" } }));
    }
    if (fault?.kind === "delay") await sleep(fault.ms ?? 0);
    const answered = await this.functions.fetch(request.url ?? "/", {
      method: request.method ?? "GET",
      headers: Object.entries(request.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]),
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const text = await answered.text();
    seen.answer = jsonOr(text, text);
    if (fault?.kind === "lose_answer") return void request.socket.destroy();
    seen.status = answered.status;
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    response.end(text);
  }

  private note(request: IncomingMessage, body: Buffer): Seen {
    const payload = jsonOr(body.toString(), null) as Record<string, unknown> | null;
    const field = <T>(name: string, type: string): T | null =>
      typeof payload?.[name] === type ? (payload?.[name] as T) : null;
    const seen: Seen = {
      n: ++this.count,
      at: Date.now(),
      ended: null,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      fault: null,
      status: null,
      answer: null,
      job_id: field("jobId", "string"),
      version: field("version", "number"),
      job_status: field("status", "string"),
      progress: field("progress", "number"),
      chunk: field<{ index: number }>("chunk", "object")?.index ?? null,
      bytes: body.length,
      in_flight: 0,
    };
    this.seen.push(seen);
    if (this.seen.length > MOST_SEEN) this.seen.shift();
    return seen;
  }
}

export async function whole(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

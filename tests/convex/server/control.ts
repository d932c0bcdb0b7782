/**
 * The other port, by which a test looks into the database, calls functions as somebody, and makes
 * things go wrong. Everything is JSON; what is asked wrongly is answered 400.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { makeFunctionReference, type UserIdentity } from "convex/server";
import { Faults } from "./faults.ts";
import { Front, whole } from "./front.ts";
import { functions } from "./functions.ts";

interface Call {
  /** Such as `transcriptionJobs:list`; internal ones as well. */
  function: string;
  args?: Record<string, unknown>;
  /** Who is signed in; absent: nobody. */
  identity?: Partial<UserIdentity>;
}

type Route = (body: unknown, query: URLSearchParams) => unknown;

export class Control {
  private deployment = functions();
  private readonly faults = new Faults();
  readonly front = new Front(this.deployment, this.faults);

  private readonly routes: Record<string, Route> = {
    "GET /rows": (_body, query) => this.rows(query.get("job_id")),
    "POST /query": (body) => this.as(body as Call).query(reference("query", body), args(body)),
    "POST /mutation": (body) =>
      this.as(body as Call).mutation(reference("mutation", body), args(body)),
    "POST /action": (body) => this.as(body as Call).action(reference("action", body), args(body)),
    "GET /faults": () => this.faults.all(),
    "PUT /faults": (body) => this.faults.set(body),
    "GET /requests": () => this.front.seen,
    "DELETE /requests": () => void (this.front.seen = []),
    "POST /down": () => this.front.down(),
    "POST /up": () => this.front.up(),
    "PUT /variables": (body) => setVariables(body as Record<string, string | null>),
    "POST /reset": () => this.reset(),
  };

  async listen(): Promise<number> {
    const server = createServer((request, response) => {
      this.handle(request)
        .then((value) => ({ status: 200, value: value ?? null }))
        .catch((error: unknown) => ({ status: 400, value: { error: String(error) } }))
        .then(({ status, value }) => {
          response.writeHead(status, { "Content-Type": "application/json" });
          response.end(JSON.stringify(value));
        })
        .catch(console.error);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  private async handle(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const route = this.routes[`${request.method} ${url.pathname}`];
    if (route === undefined) throw new Error(`there are ${Object.keys(this.routes).join(", ")}`);
    const body = (await whole(request)).toString();
    return route(body === "" ? undefined : (JSON.parse(body) as unknown), url.searchParams);
  }

  private as({ identity }: Call) {
    return identity === undefined ? this.deployment : this.deployment.withIdentity(identity);
  }

  private rows(jobId: string | null) {
    return this.deployment.run(async (ctx) => {
      const jobs = await ctx.db.query("transcriptionJobs").withIndex("by_job_id").collect();
      const chunks = await ctx.db.query("transcriptChunks").withIndex("by_job_and_index").collect();
      const chosen = (row: { jobId: string }) => jobId === null || row.jobId === jobId;
      return { jobs: jobs.filter(chosen), chunks: chunks.filter(chosen) };
    });
  }

  /** Empty tables, no faults, nothing seen; the variables stay. */
  private async reset(): Promise<void> {
    this.deployment = functions();
    this.front.replace(this.deployment);
    this.faults.set([]);
    this.front.seen = [];
    await this.front.up();
  }
}

function reference<T extends "query" | "mutation" | "action">(_type: T, body: unknown) {
  return makeFunctionReference<T>((body as Call).function);
}

function args(body: unknown): Record<string, unknown> {
  return (body as Call).args ?? {};
}

function setVariables(variables: Record<string, string | null>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  }
}

// @vitest-environment happy-dom
/** What a browser sends a recording with. How far it is, is told by real browsers only. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RetenderClient, type Sent } from "../../src/client";
import { error, json } from "../support/service";

let server: Server;
let client: RetenderClient;
let headers: Record<string, unknown>[];
let status: number;

beforeEach(async () => {
  headers = [];
  status = 202;
  server = createServer((request, response) => {
    headers.push(request.headers);
    request.resume().on("end", () => {
      if (status === 202) json(response, status, { job_id: "j", queue_position: 1 });
      else if (status === 0) response.destroy();
      else json(response, status, error("too_large", "at most 25 MB"), { "Retry-After": "60" });
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  client = new RetenderClient({ baseUrl, apiKey: "k", language: "es" });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

it("a recording goes with key, language and idempotency key, and is told to be whole", async () => {
  const sent: Sent[] = [];
  const submitted = await client.submit(new File(["abcd"], "a.mp3"), {
    onProgress: (it) => sent.push(it),
  });
  expect(submitted.jobId).toBe("j");
  expect(headers[0]).toMatchObject({ authorization: "Bearer k", "accept-language": "es" });
  expect(headers[0]?.["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
  expect(sent[0]).toEqual({ sent: 0, total: 4 });
  expect(sent.at(-1)).toEqual({ sent: 4, total: 4 });
});

it("a refusal comes in the words of the service", async () => {
  status = 413;
  await expect(client.submit(new File(["abcd"], "a.mp3"))).rejects.toMatchObject({
    code: "too_large",
    message: "at most 25 MB",
    retryAfter: 60,
  });
});

it("an upload that its caller gives up ends with the caller's reason", async () => {
  const giveUp = new AbortController();
  const submitting = client.submit(new File(["abcd"], "a.mp3"), { signal: giveUp.signal });
  giveUp.abort(new Error("another file"));
  await expect(submitting).rejects.toThrow("another file");
});

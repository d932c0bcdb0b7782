// @vitest-environment node
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ANA, JOB, KEY, completed, processing } from "./deployment";

let server: ChildProcessWithoutNullStreams;
let at: { url: string; control: string };

beforeAll(async () => {
  const script = fileURLToPath(new URL("serve.mjs", import.meta.url));
  server = spawn(process.execPath, [script, "--end-with-stdin"], {
    env: { PATH: process.env.PATH, RETENDER_API_KEY: KEY },
  });
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  at = JSON.parse(line) as typeof at;
});

afterAll(async () => {
  server.stdin.end();
  expect(await once(server, "exit")).toEqual([0, null]);
});

beforeEach(() => control("POST /reset"));

async function control(what: string, body?: unknown) {
  const [method, path] = what.split(" ") as [string, string];
  const response = await fetch(at.control + path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json() as Promise<any>;
}

function post(payload: unknown) {
  return fetch(`${at.url}/updateTranscriptionJob`, {
    method: "POST",
    headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify(payload),
  });
}

test("what is posted can be seen in the tables, and by whose it is", async () => {
  const answer = await post(completed(3, { text: "Hola.", segments: [] }));
  expect(await answer.json()).toEqual({ applied: true });
  const { jobs, chunks } = await control(`GET /rows?job_id=${JOB}`);
  expect(jobs).toMatchObject([{ jobId: JOB, version: 3, chunkCount: 1 }]);
  expect(chunks).toMatchObject([{ jobId: JOB, index: 0, text: "Hola." }]);
  const call = { function: "transcriptionJobs:get", args: { jobId: JOB } };
  expect(await control("POST /query", call)).toBeNull();
  expect(await control("POST /query", { ...call, identity: ANA })).toMatchObject({ version: 3 });
});

test("faults come in the order in which they were set, and for as many requests", async () => {
  await control("PUT /faults", [
    { kind: "status", status: 429, retry_after: "2", times: 2 },
    { kind: "drop", times: 1 },
    { kind: "lose_answer", times: 1 },
  ]);
  for (const _ of [1, 2]) {
    const limited = await post(processing(1, 1));
    expect([limited.status, limited.headers.get("Retry-After")]).toEqual([429, "2"]);
  }
  await expect(post(processing(1, 1))).rejects.toThrow();
  expect((await control("GET /rows")).jobs).toEqual([]);
  await expect(post(processing(1, 1))).rejects.toThrow();
  expect((await control("GET /rows")).jobs).toMatchObject([{ version: 1 }]);
  expect(await (await post(processing(1, 1))).json()).toMatchObject({ reason: "repeated" });
  const seen = (await control("GET /requests")) as { fault: string; status: number | null }[];
  expect(seen.map(({ fault, status }) => [fault, status])).toEqual([
    ["status", 429],
    ["status", 429],
    ["drop", null],
    ["lose_answer", null],
    [null, 200],
  ]);
});

test("when it is down nobody is answered, and it comes back at the same address", async () => {
  await post(processing(1, 1));
  await control("POST /down");
  await expect(post(processing(2, 2))).rejects.toThrow();
  await control("POST /up");
  expect((await post(processing(3, 3))).status).toBe(200);
  expect((await control("GET /rows")).jobs).toMatchObject([{ version: 3 }]);
});

test("variables of the deployment can be changed", async () => {
  await control("PUT /variables", { RETENDER_API_KEY: null });
  expect((await post(processing(1, 1))).status).toBe(503);
  await control("PUT /variables", { RETENDER_API_KEY: KEY });
  expect((await post(processing(1, 1))).status).toBe(200);
});

test("the functions' port knows nothing of the other one's addresses", async () => {
  expect((await fetch(`${at.url}/rows`)).status).toBe(404);
  expect((await fetch(`${at.control}/updateTranscriptionJob`)).status).toBe(400);
});

/** Requests, against a real HTTP server that answers as the test says. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NetworkError, RetenderClient, ServiceError, type ServiceOptions } from "../../src/client";
import { error, json } from "../support/service";
import { VirtualClock } from "../support/virtual";

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

let server: Server;
let baseUrl: string;
let asked: Asked[];
/** One answer after another; the last one stays. */
let answers: ((response: ServerResponse, request: Asked) => void)[];

beforeEach(async () => {
  asked = [];
  answers = [(response) => json(response, 200, {})];
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    const one = { method, url, headers, body: Buffer.concat(parts) };
    asked.push(one);
    (answers.length > 1 ? answers.shift() : answers[0])?.(response, one);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const client = (options: ServiceOptions = {}) =>
  new RetenderClient({ baseUrl, XMLHttpRequest: null, ...options });

const receipt = { job_id: "j", status: "queued", queue_position: 2, estimated_processing_time: 45 };
const accepted = (response: ServerResponse) => json(response, 202, receipt);
const recording = (size = 3) => new File([new Uint8Array(size).fill(7)], "reunión.mp3");

/** Waits run out as soon as they begin, and are noted. */
class Hurried extends VirtualClock {
  readonly waits: number[] = [];

  override after(milliseconds: number, run: () => void): () => void {
    this.waits.push(milliseconds);
    const soon = setImmediate(run);
    return () => clearImmediate(soon);
  }
}

describe("an error of the service", () => {
  it("says what went wrong in a form that a page can act on", async () => {
    answers = [
      (response) =>
        json(response, 413, error("too_large", "at most 25 MB", { limit: 5 }), {
          "Retry-After": "7",
        }),
    ];
    const failure = await client({ clock: new Hurried() })
      .queue()
      .catch((it: unknown) => it);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({
      status: 413,
      code: "too_large",
      message: "at most 25 MB",
      requestId: "request-1",
      details: { limit: 5 },
      retryAfter: 7,
    });
  });

  it("that comes from a proxy in between is one as well", async () => {
    answers = [(response) => response.writeHead(403).end("<h1>Go away</h1>")];
    await expect(client().queue()).rejects.toMatchObject({ code: "http_403", passing: false });
  });

  it("is another thing than no answer", async () => {
    answers = [(response) => response.destroy()];
    const failing = client({ clock: new Hurried() }).queue();
    await expect(failing).rejects.toBeInstanceOf(NetworkError);
    expect(asked).toHaveLength(3);
  });
});

describe("what is asked again", () => {
  it("is what only reads, after as long as the service says", async () => {
    const clock = new Hurried(() => 0);
    const busy = (response: ServerResponse) =>
      json(response, 503, error("busy"), { "Retry-After": "3" });
    answers = [busy, busy, (response) => json(response, 200, { jobs: [], next_cursor: null })];
    expect(await client({ clock }).jobs()).toEqual({ jobs: [], next_cursor: null });
    expect(clock.waits).toEqual([3000, 3000]);
  });

  it("is nothing where the wait would be long: whoever asks is told of it", async () => {
    answers = [(response) => json(response, 429, error("rate_limited"), { "Retry-After": "120" })];
    const asking = client({ clock: new Hurried() }).jobs();
    await expect(asking).rejects.toMatchObject({ code: "rate_limited", retryAfter: 120 });
    expect(asked).toHaveLength(1);
  });

  it("is not what would be done twice", async () => {
    answers = [(response) => response.destroy()];
    await expect(client({ clock: new Hurried() }).retry("j")).rejects.toThrow(NetworkError);
    expect(asked).toHaveLength(1);
  });

  it("is not what was wrong in itself", async () => {
    answers = [(response) => json(response, 404, error("job_not_found"))];
    await expect(client().job("j")).rejects.toMatchObject({ code: "job_not_found" });
    expect(asked).toHaveLength(1);
  });
});

describe("a caller", () => {
  it("is known by key and language, as they are at each request", async () => {
    let key = "one";
    const retender = client({ apiKey: () => key, language: "en" });
    await retender.queue();
    key = "two";
    await retender.queue();
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
    expect(asked[0]?.headers["accept-language"]).toBe("en");
  });

  it("who gives up hears of that, and not of an error", async () => {
    const giveUp = new AbortController();
    answers = [() => giveUp.abort(new Error("never mind"))];
    await expect(client().jobs({ signal: giveUp.signal })).rejects.toThrow("never mind");
    expect(asked).toHaveLength(1);
  });
});

describe("a recording", () => {
  it("is handed in with its options under its own name", async () => {
    answers = [accepted];
    const options = { language: "es", word_timestamps: true, prompt: "" };
    const submitted = await client().submit(recording(), { options });
    expect(submitted).toEqual({ jobId: "j", queuePosition: 2, estimatedProcessingTime: 45 });
    const [request] = asked;
    const form = await new Response(request?.body as never, {
      headers: { "Content-Type": request?.headers["content-type"] ?? "" },
    }).formData();
    expect(Object.fromEntries([...form].filter(([name]) => name !== "file"))).toEqual({
      language: "es",
      word_timestamps: "true",
    });
    expect((form.get("file") as File).name).toBe("reunión.mp3");
  });

  it("that is sent again because no answer came is the same job", async () => {
    answers = [(response) => response.destroy(), accepted];
    await client({ clock: new Hurried() }).submit(recording());
    const keys = asked.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it("that is refused for the room it takes is not sent again", async () => {
    answers = [(response) => json(response, 413, error("too_large"))];
    await expect(client().submit(recording())).rejects.toMatchObject({ code: "too_large" });
    expect(asked).toHaveLength(1);
  });
});

describe("a job that waits", () => {
  it("is changed in the options that are named, again if the answer is lost", async () => {
    answers = [
      (response) => response.destroy(),
      (response) => json(response, 200, { job_id: "j", options: { language: "es" } }),
    ];
    const change = { language: "es", prompt: null } as const;
    const job = await client({ clock: new Hurried() }).changeOptions("j", change);
    expect(job.options).toEqual({ language: "es" });
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "PATCH /job/j/options",
      "PATCH /job/j/options",
    ]);
    expect(JSON.parse(`${asked[1]?.body}`)).toEqual(change);
  });

  it("refuses once it is begun", async () => {
    answers = [(response) => json(response, 409, error("already_begun"))];
    const changing = client().changeOptions("j", { language: "es" });
    await expect(changing).rejects.toMatchObject({ code: "already_begun", passing: false });
  });
});

describe("a text", () => {
  it("is saved as the version after the one that was edited", async () => {
    answers = [(response) => json(response, 200, { version: 4, segments: [] })];
    expect(await client().saveTranscript("j", 3, [])).toMatchObject({ version: 4 });
    expect(asked[0]).toMatchObject({ method: "PUT", url: "/job/j/transcript" });
    expect(asked[0]?.headers["if-match"]).toBe('"3"');
  });

  it("that somebody else has saved meanwhile is not overwritten", async () => {
    answers = [(response) => json(response, 412, error("transcript_changed", "", { version: 5 }))];
    await expect(client().saveTranscript("j", 3, [])).rejects.toMatchObject({
      code: "transcript_changed",
      details: { version: 5 },
    });
    expect(asked).toHaveLength(1);
  });

  it("is downloaded as it is, and many as one file", async () => {
    answers = [(response) => response.end("1\n00:00")];
    expect(await (await client().download("j/1", "srt")).text()).toBe("1\n00:00");
    await client().export(["a", "b"], "vtt");
    expect(asked.map(({ url }) => url)).toEqual([
      "/job/j%2F1/result?format=srt",
      "/jobs/export?ids=a%2Cb&format=vtt",
    ]);
  });
});

describe("a large recording", () => {
  const SIZE = 20 * 1024 * 1024;
  let received: Buffer[];
  let offset: number;
  let breaks: number;

  /** The least of a tus server: what has come stays, whatever breaks. */
  beforeEach(() => {
    received = [];
    offset = 0;
    breaks = 0;
    answers = [
      (response, request) => {
        if (request.method === "PATCH") return append(response, request);
        const at = { Location: "/uploads/j-9", "Upload-Length": String(SIZE) };
        const status = request.method === "POST" ? 201 : 200;
        response.writeHead(status, { ...said, ...at, "Upload-Offset": String(offset) }).end();
      },
    ];
  });

  const said = { "Tus-Resumable": "1.0.0", "Retender-Job-Id": "j-9" };

  function append(response: ServerResponse, { headers, body }: Asked): void {
    if (Number(headers["upload-offset"]) !== offset) {
      return json(response, 409, error("wrong_offset"), said);
    }
    received.push(body);
    offset += body.length;
    if (received.length === 2 && breaks++ === 0) response.destroy();
    else response.writeHead(204, { ...said, "Upload-Offset": String(offset) }).end();
  }

  const bytes = Buffer.alloc(SIZE, "un poco de todo ");
  const digest = (data: Buffer) => createHash("sha256").update(data).digest("hex");

  it("goes in parts, goes on where the network broke, and arrives whole", async () => {
    const begun: object[] = [];
    const progress: number[] = [];
    const submitted = await client({ apiKey: "k" }).submit(new File([bytes], "largo.wav"), {
      options: { language: "es" },
      onBegun: (it) => begun.push(it),
      onProgress: ({ sent }) => progress.push(sent),
    });
    expect(submitted.jobId).toBe("j-9");
    expect(begun).toEqual([{ jobId: "j-9", uploadUrl: `${baseUrl}/uploads/j-9` }]);
    expect(breaks).toBe(1);
    expect(digest(Buffer.concat(received))).toBe(digest(bytes));
    expect(progress.at(-1)).toBe(SIZE);
    const [first] = asked;
    const metadata = `filename ${Buffer.from("largo.wav").toString("base64")},language ZXM=`;
    expect(first?.headers).toMatchObject({
      authorization: "Bearer k",
      "upload-length": String(SIZE),
      "upload-metadata": metadata,
    });
    expect(first?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("goes on in another life of the page", async () => {
    offset = 8 * 1024 * 1024;
    received = [bytes.subarray(0, offset)];
    breaks = 1;
    const uploadUrl = `${baseUrl}/uploads/j-9`;
    const submitted = await client().submit(new File([bytes], "largo.wav"), { uploadUrl });
    expect(submitted.jobId).toBe("j-9");
    expect(asked.map(({ method }) => method)).toEqual(["HEAD", "PATCH", "PATCH"]);
    expect(digest(Buffer.concat(received))).toBe(digest(bytes));
  });

  it("that is refused is refused in the words of the service", async () => {
    answers = [(response) => json(response, 413, error("too_large", "at most 10 MB"))];
    const submitting = client().submit(new File([bytes], "largo.wav"));
    await expect(submitting).rejects.toMatchObject({ code: "too_large", message: "at most 10 MB" });
    expect(asked).toHaveLength(1);
  });
});

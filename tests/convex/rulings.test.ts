import { describe, expect, test } from "vitest";
import * as d from "./deployment";

const HELLO = { text: "Hola.", segments: [d.segment(0)] };

async function told(t: d.Deployment, payload: d.Payload) {
  const { status, body } = await d.post(t, payload);
  expect(status).toBe(200);
  return body.applied === true ? "applied" : body.reason;
}

async function job(t: d.Deployment) {
  const { jobs } = await d.rows(t);
  expect(jobs.length).toBe(1);
  return jobs[0]!;
}

test("a job's story, told in order, is its row", async () => {
  const t = d.deployment();
  expect(await told(t, d.processing(2, 10))).toBe("applied");
  expect(await told(t, d.processing(2, 20))).toBe("applied");
  expect(await told(t, d.processing(3, 20))).toBe("applied");
  expect(await told(t, d.completed(4, HELLO))).toBe("applied");
  expect(await job(t)).toMatchObject({ version: 4, status: "completed", progress: 100 });
});

test("what is old or told already changes nothing, not even the time of the last change", async () => {
  const t = d.deployment();
  await told(t, d.processing(5, 50));
  const before = await d.rows(t);
  expect(await told(t, d.processing(5, 50))).toBe("repeated");
  expect(await told(t, d.processing(5, 49))).toBe("repeated");
  expect(await told(t, d.processing(4, 99))).toBe("stale");
  expect(await told(t, d.completed(4, HELLO))).toBe("stale");
  expect(await d.rows(t)).toEqual(before);
});

test.each(["completed", "cancelled"])("nothing leaves %s", async (end) => {
  const t = d.deployment();
  const last = end === "completed" ? d.completed(7, HELLO) : d.cancelled(7);
  await told(t, last);
  const before = await d.rows(t);
  expect(await told(t, last)).toBe("repeated");
  expect(await told(t, d.processing(6, 99))).toBe("stale");
  expect(await told(t, d.processing(7, 100))).toBe("repeated");
  for (const later of [d.processing(8, 1), d.failed(8), d.cancelled(9), d.completed(9, HELLO)]) {
    expect(await told(t, later)).toBe("finished");
  }
  expect(await told(t, d.chunk(8, 0, "…"))).toBe("finished");
  expect(await d.rows(t)).toEqual(before);
});

describe("a failed job", () => {
  test("stays failed whatever is told of the time before", async () => {
    const t = d.deployment();
    await told(t, d.failed(7));
    expect(await told(t, d.processing(6, 99))).toBe("stale");
    expect(await told(t, d.processing(7, 99))).toBe("repeated");
    expect(await told(t, d.failed(7))).toBe("repeated");
    expect(await job(t)).toMatchObject({ status: "failed", error: { code: "engine_failed" } });
  });

  test("goes on when it is retried, without its error and its end", async () => {
    const t = d.deployment();
    await told(t, d.failed(7));
    expect(await told(t, d.processing(8, 10))).toBe("applied");
    const again = await job(t);
    expect(again).toMatchObject({ status: "processing", version: 8, progress: 10 });
    expect(again).not.toHaveProperty("error");
    expect(again).not.toHaveProperty("completedAt");
    expect(await told(t, d.completed(12, HELLO))).toBe("applied");
    expect(await job(t)).toMatchObject({ status: "completed", version: 12 });
  });

  test("may fail again without a word in between", async () => {
    const t = d.deployment();
    await told(t, d.failed(7));
    const again = d.failed(11, { error: { code: "worker_crashed", message: "Otra vez." } });
    expect(await told(t, again)).toBe("applied");
    expect(await job(t)).toMatchObject({ version: 11, error: { code: "worker_crashed" } });
  });
});

describe("whatever the order", () => {
  /** The same shuffles each time. */
  function* shuffles<T>(items: T[], times: number) {
    let seed = 20260131;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let i = 0; i < times; i++) {
      const order = items.map((item) => ({ item, at: random() })).sort((a, b) => a.at - b.at);
      yield order.map(({ item }) => item);
    }
  }

  const story = [
    ...Array.from({ length: 20 }, (_, i) => d.processing(i + 1, i * 4)),
    ...Array.from({ length: 5 }, (_, i) => d.processing(20, 81 + i)),
    d.chunk(21, 0, "Uno. "),
    d.chunk(21, 1, "Dos. "),
    d.chunk(21, 2, "Tres."),
    d.completed(21, { chunks: 3 }),
  ];

  test("and however often each comes, at once: one right row", async () => {
    const expected = d.deployment();
    for (const payload of story) await told(expected, payload);
    const right = stripped(await d.rows(expected));
    for (const order of shuffles([...story, ...story], 25)) {
      const t = d.deployment();
      const answers = await Promise.all(order.map((payload) => d.post(t, payload)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(stripped(await d.rows(t))).toEqual(right);
    }
  });

  test("of two jobs told at once, neither is mistaken for the other", async () => {
    const t = d.deployment();
    const other = story.map((payload) => ({
      ...payload,
      jobId: "another-job-of-somebody",
      userId: d.BEA.tokenIdentifier,
    }));
    for (const order of shuffles([...story, ...other], 1)) {
      await Promise.all(order.map((payload) => d.post(t, payload)));
    }
    const { jobs, chunks } = await d.rows(t);
    expect(jobs.map(({ status, version }) => [status, version])).toEqual([
      ["completed", 21],
      ["completed", 21],
    ]);
    expect(new Set(jobs.map(({ userId }) => userId)).size).toBe(2);
    expect(chunks.length).toBe(6);
  });

  test("400 updates of one job at once end in the last", async () => {
    const t = d.deployment();
    const updates = Array.from({ length: 400 }, (_, i) => d.processing(i + 1, i / 4));
    for (const order of shuffles(updates, 1)) {
      await Promise.all(order.map((payload) => d.post(t, payload)));
    }
    expect(await job(t)).toMatchObject({ version: 400, progress: 99.75 });
  });

  test("an end is reported once, so its side effects would happen once", async () => {
    const t = d.deployment();
    const ends = Array.from({ length: 10 }, () => d.completed(21, HELLO));
    const answers = await Promise.all(ends.map((payload) => d.post(t, payload)));
    expect(answers.filter(({ body }) => body.applied).length).toBe(1);
  });

  function stripped({ jobs, chunks }: Awaited<ReturnType<typeof d.rows>>) {
    return {
      jobs: jobs.map(({ _id, _creationTime, updatedAt, ...row }) => row),
      chunks: chunks.map(({ _id, _creationTime, ...row }) => row),
    };
  }
});

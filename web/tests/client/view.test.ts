/** What comes of messages, and when it is drawn. */
import { describe, expect, it } from "vitest";
import {
  type Delivery,
  type Job,
  JobStore,
  type Message,
  reduced,
  type Segment,
  unknownJob,
} from "../../src/client";
import { VirtualClock } from "../support/virtual";

const segment = (id: number, text = `${id}`) => ({ id, start: id, end: id + 1, text }) as Segment;

const say = (type: string, data: object, seq?: number): Delivery => ({
  type: "message",
  message: { type, data, seq, job_id: "j", timestamp: `at ${seq}` } as unknown as Message,
});

const progress = (percent: number, seq?: number, over: object = {}): Delivery =>
  say(
    "progress",
    {
      status: "processing",
      stage: "transcribing",
      progress: percent,
      message: `${percent}`,
      estimated_time_remaining: 9,
      ...over,
    },
    seq,
  );

const job = (over: Partial<Job>): Job =>
  ({
    status: "processing",
    stage: "transcribing",
    progress: 0,
    message: "",
    estimated_time_remaining: null,
    completed_at: null,
    error: null,
    seq: 0,
    ...over,
  }) as Job;

const snapshot = (over: Partial<Job>, segments: Segment[] | null = null): Delivery => ({
  type: "snapshot",
  job: job(over),
  segments,
});

const viewAfter = (...deliveries: Delivery[]) => reduced(unknownJob("j"), deliveries);

describe("the view of a job", () => {
  it("has the finished segments in order, and where the job is", () => {
    const view = viewAfter(
      progress(10, 1, { segments: [segment(0), segment(1)] }),
      progress(12),
      progress(20, 2, { segments: [segment(2)] }),
    );
    expect(view.segments.map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(view).toMatchObject({ progress: 20, timeRemaining: 9, status: "processing", seq: 2 });
  });

  it("does not go back while what came before is told", () => {
    const before = viewAfter(snapshot({ progress: 65, seq: 3, stage: "finalizing" }));
    const view = reduced(before, [
      progress(10, 1, { segments: [segment(0)] }),
      progress(30, 2, { segments: [segment(1)] }),
    ]);
    expect(view).toMatchObject({ progress: 65, stage: "finalizing", seq: 3 });
    expect(view.segments).toHaveLength(2);
    expect(reduced(view, [progress(70, 4)])).toMatchObject({ progress: 70, seq: 4 });
  });

  it("has each segment once, also where an answer and the news tell of the same", () => {
    const before = viewAfter(snapshot({ seq: 1 }, [segment(0), segment(1), segment(2)]));
    const view = reduced(before, [
      progress(20, 2, { segments: [segment(1), segment(2)] }),
      progress(30, 3, { segments: [segment(3)] }),
    ]);
    expect(view.segments.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  });

  it("keeps the same segments as long as none are added", () => {
    const before = viewAfter(progress(10, 1, { segments: [segment(0)] }));
    const view = reduced(before, [progress(11), progress(12)]);
    expect(view).not.toBe(before);
    expect(view.segments).toBe(before.segments);
  });

  it("of a job that was retried forgets the failure, not the text or what happened", () => {
    const failed = { status: "failed", error: "broken", code: "engine_failed", completed_at: "x" };
    const before = viewAfter(progress(10, 1, { segments: [segment(0)] }), say("error", failed, 2));
    expect(before).toMatchObject({ status: "failed", failure: { code: "engine_failed" } });
    const view = reduced(before, [progress(10, 3, { status: "queued", stage: "queued" })]);
    expect(view).toMatchObject({ status: "queued", failure: null, completedAt: null });
    expect(view.segments).toHaveLength(1);
    expect(view.timeline.map(({ status }) => status)).toEqual(["processing", "failed", "queued"]);
  });

  it("shows a failure of long ago only in what happened", () => {
    const failed = { status: "failed", error: "broken", code: "engine_failed", completed_at: "x" };
    const view = viewAfter(snapshot({ seq: 5, progress: 40 }), say("error", failed, 2));
    expect(view).toMatchObject({ status: "processing", failure: null });
    expect(view.timeline).toMatchObject([{ status: "failed", message: "broken" }]);
  });

  it("remembers what happened while it waited, and of its work only the stages", () => {
    const waiting = { status: "queued", stage: "queued" };
    const view = viewAfter(
      progress(0, 1, { ...waiting, message: "Queued" }),
      progress(0, 2, { ...waiting, message: "Options changed" }),
      progress(0, 3, { ...waiting, message: "Options changed" }),
      progress(10, 4, { stage: "transcribing", message: "1 of 2" }),
      progress(50, 5, { stage: "transcribing", message: "2 of 2" }),
    );
    const told = view.timeline.map(({ message }) => message);
    expect(told).toEqual(["Queued", "Options changed", "1 of 2"]);
  });

  it("is not the worse for something this client said wrong", () => {
    const complaint = say("error", { code: "bad_message", error: "what?" });
    const view = viewAfter(progress(10, 1), complaint);
    expect(view).toMatchObject({ status: "processing", failure: null, progress: 10 });
    expect(view.complaint).toEqual({ code: "bad_message", message: "what?" });
  });

  it("takes over the text of the result", () => {
    const result = { text: "uno", segments: [segment(0, "uno")] };
    const done = { status: "completed", progress: 100, message: "", completed_at: "x", result };
    const view = viewAfter(
      progress(10, 1, { segments: [segment(0, "un")] }),
      say("completed", done, 2),
    );
    expect(view.segments).toEqual(result.segments);
    expect(view).toMatchObject({ status: "completed", progress: 100, result: { text: "uno" } });
  });

  it("is empty again when the numbers begin anew", () => {
    expect(viewAfter(progress(10, 1, { segments: [segment(0)] }), { type: "reset" })).toEqual(
      unknownJob("j"),
    );
  });
});

describe("what is drawn", () => {
  function store(frames = true) {
    const clock = new VirtualClock();
    let frame: (() => void) | null = null;
    const held = new JobStore("j", clock, (run) => {
      if (frames) frame = run;
      return () => {
        frame = null;
      };
    });
    let drawn = 0;
    held.subscribe(() => {
      drawn += 1;
    });
    return { held, clock, drawn: () => drawn, draw: () => frame?.() };
  }

  it("is everything that came, once a frame", () => {
    const { held, drawn, draw } = store();
    for (let seq = 1; seq <= 2000; seq += 1) {
      held.push(progress(1, seq, { segments: [segment(seq - 1)] }));
    }
    expect(drawn()).toBe(0);
    draw();
    expect(drawn()).toBe(1);
    expect(held.getSnapshot().segments).toHaveLength(2000);
    draw();
    expect(drawn()).toBe(1);
  });

  it("does not wait for frames longer than 250 ms: hidden pages have none", async () => {
    const { held, clock, drawn } = store(false);
    held.push(progress(1, 1));
    await clock.pass(249);
    expect(drawn()).toBe(0);
    await clock.pass(1);
    expect(drawn()).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});

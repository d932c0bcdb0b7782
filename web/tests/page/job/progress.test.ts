import { describe, expect, it } from "vitest";
import type { Job, Moment } from "../../../src/client";
import { covered, readyTo, shares } from "../../../src/page/job/progress/coverage";
import { milestone } from "../../../src/page/job/progress/milestones";
import { NO_PACE, paced, speedOf } from "../../../src/page/job/progress/pace";
import { story } from "../../../src/page/job/progress/story";

const JOB: Job = {
  job_id: "j",
  status: "processing",
  stage: "transcribing",
  progress: 43,
  message: "",
  created_at: "2026-01-01T12:00:00.000Z",
  started_at: "2026-01-01T12:00:05.000Z",
  completed_at: null,
  estimated_time_remaining: null,
  queue_position: null,
  attempt: 1,
  model: "base",
  language: "es",
  duration: 100,
  seq: 3,
  error: null,
};

function moment(at: string, stage: string, progress: number, status: Job["status"] = "processing") {
  const told: Moment = {
    seq: 1,
    at: `2026-01-01T${at}.000Z`,
    status,
    stage,
    progress,
    message: "",
  };
  return told;
}

describe("the strip of a recording", () => {
  it("joins what is covered without a pause that could be seen", () => {
    const pieces = [
      { start: 0, end: 2 },
      { start: 2.1, end: 4 },
      { start: 9, end: 10 },
    ];
    expect(covered(pieces, 0.5)).toEqual([
      { start: 0, end: 4 },
      { start: 9, end: 10 },
    ]);
    expect(covered(pieces)).toHaveLength(3);
    expect(readyTo(pieces)).toBe(10);
    expect(readyTo([])).toBe(0);
  });

  it("shows as being worked on what is done beyond the text, and never more than all", () => {
    expect(shares(25, 40, 100)).toEqual({ ready: 0.25, inWork: expect.closeTo(0.15) });
    expect(shares(60, 40, 100)).toEqual({ ready: 0.6, inWork: 0 });
    expect(shares(120, 100, 100)).toEqual({ ready: 1, inWork: 0 });
    expect(shares(1, 50, 0)).toEqual({ ready: 0, inWork: 0 });
  });
});

describe("the speed of a job", () => {
  it("is told after a few seconds, over the last half minute", () => {
    let pace = NO_PACE;
    pace = paced(pace, 0, 0);
    pace = paced(pace, 20, 2000);
    expect(speedOf(pace)).toBeNull();
    pace = paced(pace, 40, 4000);
    expect(speedOf(pace)).toBe(10);
    pace = paced(pace, 41, 60_000);
    pace = paced(pace, 51, 70_000);
    expect(speedOf(pace)).toBeCloseTo(1, 1);
  });

  it("begins anew with a job that is begun anew", () => {
    const pace = paced(paced(paced(NO_PACE, 0, 0), 80, 8000), 0, 9000);
    expect(speedOf(pace)).toBeNull();
  });
});

describe("what is read aloud of a job", () => {
  it("is each new stage and every tenth, not each percent, and not where it stood at first", () => {
    const said: unknown[] = [];
    let told = null;
    for (const [stage, progress] of [
      ["preparing", 0],
      ["transcribing", 3],
      ["transcribing", 9.9],
      ["transcribing", 10],
      ["transcribing", 19],
      ["transcribing", 45],
      ["done", 100],
    ] as const) {
      const next = milestone(told, stage, progress);
      told = next.told;
      said.push(next.say === "tenth" ? told.tenth : next.say);
    }
    expect(said).toEqual([null, "stage", null, 1, null, 4, "stage"]);
  });

  it("does not say a tenth again when progress has gone back", () => {
    const back = milestone({ stage: "s", tenth: 4 }, "s", 35);
    expect(back.say).toBeNull();
    expect(milestone(back.told, "s", 41).say).toBeNull();
  });
});

describe("the story of a job", () => {
  const kinds = (known: Partial<Parameters<typeof story>[0]> = {}) =>
    story({ job: JOB, moments: [], serviceStarted: null, requestedModel: null, ...known }).map(
      ({ kind }) => kind,
    );

  it("tells of a service that was restarted while it ran, and how far it was", () => {
    const moments = [
      moment("12:00:05", "transcribing", 0),
      moment("12:05:00", "queued", 43, "queued"),
    ];
    const told = story({
      job: JOB,
      moments,
      serviceStarted: "2026-01-01T12:04:00.000Z",
      requestedModel: null,
    });
    expect(told.map(({ kind }) => kind)).toEqual(["received", "stage", "restart", "stage"]);
    expect(told[2]).toMatchObject({ kind: "restart", progress: 43 });
  });

  it("tells of a restart within a second of its start", () => {
    const job: Job = { ...JOB, created_at: "2026-01-01T12:04:00.000Z" };
    expect(kinds({ job, serviceStarted: "2026-01-01T12:04:00.900Z" })).toContain("restart");
  });

  it("knows no restart of a service that was started before it came or after it ended", () => {
    expect(kinds({ serviceStarted: "2026-01-01T11:00:00.000Z" })).not.toContain("restart");
    const job: Job = { ...JOB, status: "completed", completed_at: "2026-01-01T12:10:00.000Z" };
    expect(kinds({ job, serviceStarted: "2026-01-01T13:00:00.000Z" })).not.toContain("restart");
  });

  it("tells of a smaller model, of attempts, and of the end, once each", () => {
    const job: Job = {
      ...JOB,
      status: "completed",
      completed_at: "2026-01-01T12:10:00.000Z",
      attempt: 3,
    };
    expect(kinds({ job, requestedModel: "large-v3" })).toEqual([
      "received",
      "stage",
      "model",
      "attempts",
      "completed",
    ]);
    const moments = [moment("12:10:00", "finalizing", 100, "completed")];
    expect(kinds({ job: { ...job, attempt: 1 }, moments })).toEqual([
      "received",
      "stage",
      "completed",
    ]);
  });
});

// @vitest-environment happy-dom
/** What is asked now and then, in virtual time. */
import { act, cleanup, renderHook } from "@testing-library/react";
import { type ReactNode, StrictMode } from "react";
import { afterEach, describe, expect, it } from "vitest";
import {
  type ConvexLike,
  convexSource,
  type Job,
  type PersistentRecord,
  RetenderClient,
} from "../../src/client";
import { RetenderProvider, usePersistentTranscription, useTranscriptions } from "../../src/hooks";
import { VirtualClock, VirtualSurroundings } from "../support/virtual";

afterEach(cleanup);

/** A service whose answers a test writes. */
class Answers {
  readonly clock = new VirtualClock(() => 0);
  readonly asked: URL[] = [];
  answer: (url: URL) => unknown = () => ({ jobs: [], next_cursor: null });

  readonly client = new RetenderClient({
    baseUrl: "http://service",
    clock: this.clock,
    fetch: async (input) => {
      const url = new URL(String(input));
      this.asked.push(url);
      const body = this.answer(url);
      if (body instanceof Error) throw body;
      return new Response(JSON.stringify(body), { status: 200 });
    },
  });

  readonly wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <RetenderProvider client={this.client}>{children}</RetenderProvider>
    </StrictMode>
  );

  pass(milliseconds: number): Promise<void> {
    return act(() => this.clock.pass(milliseconds));
  }
}

const job = (over: Partial<Job>): Job =>
  ({ job_id: "j", status: "processing", progress: 0, seq: 1, message: "", ...over }) as Job;

const page = (...jobs: Job[]) => ({ jobs, next_cursor: null });

describe("useTranscriptions", () => {
  const surroundings = new VirtualSurroundings();

  function shown(isVisible = () => true) {
    const here = new Answers();
    const options = { surroundings, isVisible };
    const { result, unmount } = renderHook(() => useTranscriptions({}, options), here);
    return { here, list: () => result.current, unmount };
  }

  it("asks once though StrictMode mounts twice, and seldom while nothing is under way", async () => {
    const { here, list } = shown();
    expect(list().loading).toBe(true);
    here.answer = () => page(job({ status: "completed" }));
    await here.pass(0);
    expect(list()).toMatchObject({ loading: false, jobs: [{ status: "completed" }] });
    expect(here.asked).toHaveLength(1);
    await here.pass(9999);
    expect(here.asked).toHaveLength(1);
    await here.pass(1);
    expect(here.asked).toHaveLength(2);
  });

  it("asks every 2 s while something is", async () => {
    const { here } = shown();
    here.answer = () => page(job({}), job({ job_id: "k", status: "completed" }));
    await here.pass(6000);
    expect(here.asked).toHaveLength(4);
  });

  it("asks nothing while nobody sees it, and at once when somebody does", async () => {
    let visible = true;
    const { here } = shown(() => visible);
    here.answer = () => page(job({}));
    await here.pass(0);
    visible = false;
    await here.pass(3_600_000);
    expect(here.asked).toHaveLength(1);
    visible = true;
    act(() => surroundings.happen("visible"));
    await here.pass(0);
    expect(here.asked).toHaveLength(2);
  });

  it("keeps what it knows when the service is away, and says so", async () => {
    const { here, list } = shown();
    here.answer = () => page(job({}));
    await here.pass(0);
    here.answer = () => new TypeError("network");
    await here.pass(2000);
    await here.pass(0);
    expect(list()).toMatchObject({ jobs: [{ job_id: "j" }], error: { name: "NetworkError" } });
    here.answer = () => page(job({}));
    await here.pass(10_000);
    expect(list().error).toBeNull();
  });

  it("leaves rows alone that have not changed", async () => {
    const { here, list } = shown();
    here.answer = () => page(job({}), job({ job_id: "k" }));
    await here.pass(0);
    const before = list().jobs;
    here.answer = () => page(job({ progress: 5 }), job({ job_id: "k" }));
    await here.pass(2000);
    expect(list().jobs[0]).not.toBe(before[0]);
    expect(list().jobs[1]).toBe(before[1]);
  });

  it("shows more pages when asked, and keeps them up to date", async () => {
    const { here, list } = shown();
    here.answer = (url) =>
      url.searchParams.get("cursor") === "7"
        ? page(job({ job_id: "old", status: "completed" }))
        : { jobs: [job({ job_id: "new" })], next_cursor: "7" };
    await here.pass(0);
    expect(list().hasMore).toBe(true);
    act(() => void list().loadMore());
    await here.pass(0);
    expect(list().jobs.map((it) => it.job_id)).toEqual(["new", "old"]);
    expect(list().hasMore).toBe(false);
    await here.pass(2000);
    expect(list().jobs).toHaveLength(2);
  });

  it("asks no more once it is gone", async () => {
    const { here, unmount } = shown();
    await here.pass(0);
    unmount();
    await here.pass(3_600_000);
    expect(here.asked).toHaveLength(1);
    expect(here.clock.waiting).toBe(0);
  });
});

describe("usePersistentTranscription", () => {
  class Database implements ConvexLike<string> {
    watched = 0;
    tell: (value: unknown) => void = () => {};
    failed: (error: Error) => void = () => {};

    onUpdate(
      _query: string,
      _args: { jobId: string },
      tell: (value: unknown) => void,
      failed = (_: Error) => {},
    ) {
      this.watched += 1;
      this.tell = tell;
      this.failed = failed;
      return () => {
        this.watched -= 1;
      };
    }
  }

  const record = (over: Partial<PersistentRecord>): PersistentRecord => ({
    version: 1,
    status: "processing",
    stage: "transcribing",
    progress: 10,
    message: "",
    ...over,
  });

  function shown() {
    const here = new Answers();
    here.answer = () => job({ seq: 1 });
    const database = new Database();
    let loaded = 0;
    const source = {
      load: async () => {
        loaded += 1;
        return convexSource(database, "transcriptions:get");
      },
    };
    const hook = renderHook(() => usePersistentTranscription("j", source), here);
    const tell = (over: Partial<PersistentRecord>) => act(() => database.tell(record(over)));
    return { here, database, tell, view: () => hook.result.current, loaded: () => loaded, ...hook };
  }

  it("shows what the database says, which is loaded when it is needed, and watched once", async () => {
    const { here, database, tell, view, loaded, unmount } = shown();
    expect(loaded()).toBe(0);
    await here.pass(0);
    expect([loaded(), database.watched]).toEqual([1, 1]);
    tell({ progress: 30 });
    expect(view()).toMatchObject({ progress: 30, from: "database", stuck: false });
    unmount();
    expect(database.watched).toBe(0);
    await here.pass(3_600_000);
    expect(here.clock.waiting).toBe(0);
  });

  it("asks the service beside it every 10 s, until the job has ended", async () => {
    const { here, tell } = shown();
    await here.pass(0);
    tell({});
    await here.pass(30_000);
    expect(here.asked).toHaveLength(3);
    tell({ version: 2, status: "completed" });
    await here.pass(3_600_000);
    expect(here.asked.length).toBeLessThanOrEqual(4);
  });

  it("finds that the database is stuck, follows the service, and comes back", async () => {
    const { here, tell, view } = shown();
    await here.pass(0);
    tell({ version: 1 });
    here.answer = () => job({ seq: 5, progress: 60 });
    await here.pass(10_000);
    expect(view()).toMatchObject({ progress: 60, from: "service", stuck: false });
    await here.pass(20_000);
    expect(view().stuck).toBe(true);
    const before = here.asked.length;
    await here.pass(10_000);
    expect(here.asked.length - before).toBe(5);
    tell({ version: 6, progress: 70 });
    expect(view()).toMatchObject({ progress: 70, from: "database", stuck: false });
  });

  it("comes to the end by the service where the database never hears of it", async () => {
    const { here, tell, view } = shown();
    await here.pass(0);
    tell({ version: 1 });
    here.answer = () => job({ seq: 9, status: "completed", result: { text: "fin" } as never });
    await here.pass(40_000);
    expect(view()).toMatchObject({ status: "completed", result: { text: "fin" }, stuck: true });
    const before = here.asked.length;
    await here.pass(3_600_000);
    expect(here.asked).toHaveLength(before);
  });

  it("goes on by the service where the database fails, and by the database where that is away", async () => {
    const { here, database, tell, view } = shown();
    await here.pass(0);
    tell({ version: 3, progress: 33 });
    here.answer = () => new TypeError("network");
    await here.pass(30_000);
    expect(view()).toMatchObject({ progress: 33, from: "database", error: null });
    here.answer = () => job({ seq: 4, progress: 44 });
    act(() => database.failed(new Error("no such function")));
    await here.pass(0);
    expect(view()).toMatchObject({ progress: 44, from: "service", stuck: true });
    expect(view().error?.message).toBe("no such function");
  });
});

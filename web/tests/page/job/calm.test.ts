import { describe, expect, it } from "vitest";
import { type Followed, unknownJob } from "../../../src/client";
import { calmOf, type Followable } from "../../../src/page/job/calm";
import { VirtualClock } from "../../support/virtual";

/** A follower whose news the test tells. */
class Told implements Followable {
  readonly #listeners = new Set<() => void>();
  #now: Followed = {
    view: unknownJob("j"),
    connection: { phase: { name: "open" }, substitute: null },
  };

  readonly getSnapshot = () => this.#now;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(change: Partial<Followed["view"]>): void {
    this.#now = { ...this.#now, view: { ...this.#now.view, ...change } };
    for (const listener of this.#listeners) listener();
  }

  get watched(): number {
    return this.#listeners.size;
  }
}

function looked() {
  const clock = new VirtualClock();
  const follower = new Told();
  const calm = calmOf(follower, clock);
  let drawn = 0;
  const leave = calm.subscribe(() => {
    drawn += 1;
  });
  return { clock, follower, calm, leave, drawn: () => drawn };
}

describe("a job that is read along", () => {
  it("is drawn a few times a second, however many news come, and shows the last of them", async () => {
    const { clock, follower, calm, drawn } = looked();
    for (let progress = 1; progress <= 60; progress += 1) {
      follower.tell({ progress });
      await clock.pass(16);
    }
    await clock.pass(1000);
    expect(drawn()).toBeLessThanOrEqual(4);
    expect(calm.getSnapshot().view.progress).toBe(60);
  });

  it("shows another stage and the end at once", () => {
    const { follower, calm } = looked();
    follower.tell({ progress: 1 });
    follower.tell({ progress: 2 });
    expect(calm.getSnapshot().view.progress).toBe(1);
    follower.tell({ progress: 3, stage: "finalizing" });
    expect(calm.getSnapshot().view).toMatchObject({ progress: 3, stage: "finalizing" });
    follower.tell({ progress: 100, status: "completed" });
    expect(calm.getSnapshot().view.status).toBe("completed");
  });

  it("is one for all who look, and is left when nobody does", async () => {
    const { clock, follower, calm, leave } = looked();
    expect(calmOf(follower, clock)).toBe(calm);
    follower.tell({ progress: 1 });
    follower.tell({ progress: 2 });
    leave();
    expect(follower.watched).toBe(0);
    await clock.pass(1000);
    expect(calm.getSnapshot().view.progress).toBe(2);
  });
});

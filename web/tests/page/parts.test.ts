import { describe, expect, it } from "vitest";
import { loadPart } from "../../src/page/app/parts";
import { VirtualClock } from "../support/virtual";

describe("a part of the page", () => {
  it("is asked for again while the service is away", async () => {
    const clock = new VirtualClock();
    const answers = [false, false, true];
    const part = loadPart(async () => came(answers.shift()), { clock });
    await clock.pass(3000);
    expect(await part).toBe("came");
  });

  it("is given up at last, so that the page can say so", async () => {
    const clock = new VirtualClock();
    const part = loadPart(async () => came(false), { clock }).catch(
      (error: Error) => error.message,
    );
    await clock.pass(60_000);
    expect(await part).toBe("no answer");
  });

  it("that nobody waits for is asked for until it comes", async () => {
    const clock = new VirtualClock();
    let isBack = false;
    const part = loadPart(async () => came(isBack), { clock, forever: true });
    await clock.pass(3_600_000);
    isBack = true;
    await clock.pass(15_000);
    expect(await part).toBe("came");
  });
});

function came(does: boolean | undefined): string {
  if (!does) throw new Error("no answer");
  return "came";
}

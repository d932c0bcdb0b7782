/** The rules of a connection, in virtual time. What is real about it is in `faults.test.ts`. */
import { describe, expect, it } from "vitest";
import { type Delivery, type Job, JobConnection } from "../../src/client";
import { FakeCarriers } from "../support/carriers";
import { VirtualClock, VirtualSurroundings } from "../support/virtual";

const ALMOST_ONE = 1 - Number.EPSILON;

function following({ random = 0.5, since = 0 }: { random?: number; since?: number } = {}) {
  const clock = new VirtualClock(() => random);
  const carriers = new FakeCarriers();
  const surroundings = new VirtualSurroundings();
  const delivered: Delivery[] = [];
  const deliver = (delivery: Delivery) => delivered.push(delivery);
  const connection = new JobConnection({ carriers, clock, surroundings, since, deliver });
  connection.start();
  const phase = () => connection.getState().phase;
  const numbers = () =>
    delivered.flatMap((it) => (it.type === "message" && it.message.seq ? [it.message.seq] : []));
  return { clock, carriers, surroundings, connection, delivered, phase, numbers };
}

const job = (over: Partial<Job>): Job => ({ status: "processing", seq: 0, ...over }) as Job;

describe("a connection that is lost", () => {
  it("comes back after up to half a second, then twice as long each time, to at most 15 s", async () => {
    const { clock, carriers, phase } = following({ random: ALMOST_ONE });
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      carriers.last.close(1006);
      const now = phase();
      if (now.name !== "waiting") throw new Error(now.name);
      waits.push(Math.round(now.until - clock.now()));
      const before = carriers.sockets.length;
      await clock.pass(now.until - clock.now() - 1);
      expect(carriers.sockets).toHaveLength(before);
      await clock.pass(2);
      expect(carriers.sockets).toHaveLength(before + 1);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  it("may come back at once: the wait is anything from nothing to its bound", async () => {
    const { clock, carriers } = following({ random: 0 });
    carriers.last.close(1006);
    await clock.pass(0);
    expect(carriers.sockets).toHaveLength(2);
  });

  it("forgets its failures once it was up for 5 s, and not before", async () => {
    const { clock, carriers, phase } = following();
    carriers.last.close(1006);
    await clock.pass(500);
    carriers.last.connect();
    await clock.pass(4999);
    carriers.last.close(1006);
    expect(phase()).toMatchObject({ name: "waiting", attempt: 2 });
    await clock.pass(15_000);
    carriers.last.connect();
    await clock.pass(5001);
    carriers.last.close(1006);
    expect(phase()).toMatchObject({ name: "waiting", attempt: 1 });
  });

  it("asks for what came after the last number it has", async () => {
    const { clock, carriers } = following({ since: 4 });
    expect(carriers.last.since).toBe(4);
    carriers.last.connect(7);
    for (const seq of [5, 6, 7]) carriers.last.event(seq);
    carriers.last.close(1001);
    await clock.pass(500);
    expect(carriers.last.since).toBe(7);
  });
});

describe("a connection that hangs", () => {
  it("is given up when no greeting comes within 10 s", async () => {
    const { clock, carriers, phase } = following();
    await clock.pass(9999);
    expect(phase().name).toBe("connecting");
    await clock.pass(1);
    expect(phase()).toMatchObject({ name: "waiting", reason: "no answer" });
    expect(carriers.sockets[0]?.dropped).toBe(true);
  });

  it("is given up after 45 s of silence, counted from the last word", async () => {
    const { clock, carriers, phase } = following();
    carriers.last.connect();
    await clock.pass(30_000);
    carriers.last.tell({ type: "ping", data: {} });
    expect(carriers.last.said).toEqual(["pong"]);
    await clock.pass(44_999);
    expect(phase().name).toBe("open");
    await clock.pass(1);
    expect(phase()).toMatchObject({ name: "waiting", reason: "silent" });
  });

  it("is asked for a sign of life when the page is looked at again", async () => {
    const { clock, carriers, surroundings, phase } = following();
    carriers.last.connect();
    await clock.pass(20_000);
    surroundings.happen("visible");
    expect(carriers.last.said).toEqual(["ping"]);
    await clock.pass(4999);
    carriers.last.tell({ type: "pong", data: {} });
    await clock.pass(30_000);
    expect(phase().name).toBe("open");
    surroundings.happen("visible");
    await clock.pass(5000);
    expect(phase().name).toBe("waiting");
  });
});

describe("a refusal", () => {
  it.each([1008, 4400, 4401, 4404])("with code %i is final", async (code) => {
    const { clock, carriers, phase } = following();
    carriers.last.connect();
    carriers.last.close(code, "because");
    expect(phase()).toEqual({ name: "refused", code, reason: "because" });
    await clock.pass(3_600_000);
    expect(carriers.sockets).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it.each([1001, 1006, 1009, 1011, 1013, 4408, 4429])("with code %i is not", async (code) => {
    const { clock, carriers } = following();
    carriers.last.connect();
    carriers.last.close(code);
    await clock.pass(500);
    expect(carriers.sockets).toHaveLength(2);
  });

  it("can be overcome by starting again, as with another key", () => {
    const { carriers, connection, phase } = following();
    carriers.last.close(4401);
    connection.start();
    carriers.last.connect();
    expect(phase().name).toBe("open");
  });
});

describe("the end", () => {
  it("is reached when the service has told all", async () => {
    const { clock, carriers, phase } = following();
    carriers.last.connect(0);
    carriers.last.event(1, "completed", "completed");
    carriers.last.close(1000);
    expect(phase().name).toBe("finished");
    await clock.pass(3_600_000);
    expect(carriers.sockets).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it("is not reached by a proxy that closes politely", async () => {
    const { clock, carriers } = following();
    carriers.last.connect(0);
    carriers.last.event(1);
    carriers.last.close(1000);
    await clock.pass(500);
    expect(carriers.sockets).toHaveLength(2);
  });

  it("is asked for again when the connection broke right after the last message", async () => {
    const { clock, carriers, phase } = following();
    carriers.last.connect(0);
    carriers.last.event(1, "completed", "completed");
    carriers.last.close(1006);
    await clock.pass(500);
    carriers.last.connect(1, "completed");
    carriers.last.close(1000);
    expect(phase().name).toBe("finished");
  });

  it("of an attempt is not that of a job that was retried", async () => {
    const { carriers, phase, numbers } = following();
    carriers.last.connect(3);
    carriers.last.event(1, "error", "failed");
    carriers.last.event(2);
    carriers.last.event(3, "completed", "completed");
    carriers.last.close(1000);
    expect(phase().name).toBe("finished");
    expect(numbers()).toEqual([1, 2, 3]);
  });
});

describe("numbers", () => {
  it("that were seen are dropped", () => {
    const { carriers, numbers } = following();
    carriers.last.connect(2);
    for (const seq of [1, 2, 1, 2, 2, 3]) carriers.last.event(seq);
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it("that are missing are asked for", async () => {
    const { clock, carriers, phase, numbers } = following();
    carriers.last.connect(0);
    carriers.last.event(1);
    carriers.last.event(3);
    expect(phase()).toMatchObject({ name: "waiting", reason: "message 2 is missing" });
    await clock.pass(500);
    expect(carriers.last.since).toBe(1);
    carriers.last.connect(3);
    for (const seq of [2, 3]) carriers.last.event(seq);
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it("of a kind that is not known yet count, and are not handed on", () => {
    const { carriers, phase, numbers } = following();
    carriers.last.connect(0);
    carriers.last.event(1);
    carriers.last.event(2, "from the future");
    carriers.last.event(3);
    expect(phase().name).toBe("open");
    expect(numbers()).toEqual([1, 3]);
  });

  it("begin anew with a service that was set back, and who follows is told to forget", async () => {
    const { carriers, delivered, numbers } = following({ since: 9 });
    carriers.last.connect(2);
    expect(delivered).toEqual([{ type: "reset" }]);
    expect(carriers.last.since).toBe(0);
    carriers.last.connect(2);
    for (const seq of [1, 2]) carriers.last.event(seq);
    expect(numbers()).toEqual([1, 2]);
  });
});

describe("the network", () => {
  it("is left alone while there is none, and used at once when it is back", async () => {
    const { clock, carriers, surroundings, phase } = following();
    carriers.last.connect();
    surroundings.happen("offline");
    expect(phase().name).toBe("offline");
    expect(carriers.last.dropped).toBe(true);
    await clock.pass(3_600_000);
    expect(carriers.sockets).toHaveLength(1);
    surroundings.happen("online");
    expect(carriers.sockets).toHaveLength(2);
  });

  it.each(["online", "visible"] as const)("is tried at once when the page is %s", async (what) => {
    const { carriers, surroundings, phase } = following();
    carriers.last.close(1006);
    expect(phase().name).toBe("waiting");
    surroundings.happen(what);
    expect(phase().name).toBe("connecting");
    expect(carriers.sockets).toHaveLength(2);
  });

  it("is not watched any more after a stop, and nothing is left behind", async () => {
    const { clock, carriers, surroundings, connection, phase } = following();
    carriers.last.connect();
    connection.stop();
    expect(phase().name).toBe("stopped");
    expect(carriers.last.dropped).toBe(true);
    expect(surroundings.watched).toBe(false);
    expect(clock.waiting).toBe(0);
  });
});

describe("after three failures in a row", () => {
  async function withoutSockets() {
    const here = following();
    for (let failure = 0; failure < 3; failure += 1) {
      here.carriers.last.close(1006);
      if (failure < 2) await here.clock.pass(8000);
    }
    return here;
  }

  it("a stream tells the news, and the socket is still tried", async () => {
    const { clock, carriers, connection } = await withoutSockets();
    expect(connection.getState().substitute).toBe("stream");
    expect(carriers.streams).toHaveLength(1);
    await clock.pass(2000);
    expect(carriers.sockets).toHaveLength(4);
  });

  it("a socket that opens ends the stream, and no number comes twice", async () => {
    const { clock, carriers, connection, numbers } = await withoutSockets();
    const stream = carriers.streams[0];
    if (stream === undefined) throw new Error("no stream");
    const event = (seq: number) => ({
      seq,
      message: { type: "progress", job_id: "j", seq, data: {}, timestamp: "" } as never,
    });
    stream.listener.heard(event(1));
    stream.listener.heard(event(2));
    await clock.pass(2000);
    carriers.last.connect(3);
    expect(stream.ended).toBe(true);
    expect(connection.getState().substitute).toBeNull();
    for (const seq of [1, 2, 3]) carriers.last.event(seq);
    stream.listener.heard(event(3));
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it("polling takes the place of streams that break three times, every 2 s", async () => {
    const { clock, carriers, connection } = await withoutSockets();
    for (let failure = 0; failure < 3; failure += 1) {
      carriers.streams.at(-1)?.listener.lost();
      if (failure < 2) await clock.pass(1000);
    }
    expect(carriers.streams).toHaveLength(3);
    expect(connection.getState().substitute).toBe("polling");
    expect(carriers.polls).toBe(1);
    carriers.answer = async () => job({ seq: 2 });
    // The first question is not answered: after 10 s it is given up, and 2 s later asked anew.
    await clock.pass(12_000);
    expect(carriers.polls).toBe(2);
    await clock.pass(6000);
    expect(carriers.polls).toBe(5);
  });

  it("polling takes the place of streams through which nothing comes", async () => {
    const { clock, connection } = await withoutSockets();
    await clock.pass(32_000);
    expect(connection.getState().substitute).toBe("polling");
  });

  it("polling comes to the end as well", async () => {
    const { clock, carriers, phase, delivered } = await withoutSockets();
    carriers.answer = async () => job({ status: "completed", seq: 5 });
    for (let failure = 0; failure < 3; failure += 1) {
      carriers.streams.at(-1)?.listener.lost();
      await clock.pass(1000);
    }
    expect(phase().name).toBe("finished");
    expect(delivered.at(-1)).toMatchObject({ type: "snapshot", job: { status: "completed" } });
    expect(clock.waiting).toBe(0);
  });
});

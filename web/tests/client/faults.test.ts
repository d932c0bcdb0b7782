/** Real sockets, real streams, real time; what is random comes from a seed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import {
  type Followed,
  type Frames,
  type JobFollower,
  LIMITS,
  type Limits,
  RetenderClient,
} from "../../src/client";
import { carriers } from "../../src/client/live/carriers";
import { JobConnection } from "../../src/client/live/connection";
import { type Fault, JOB_ID, KEY, Service } from "../support/service";
import { seeded, VirtualSurroundings } from "../support/virtual";

/** As in life, a thousand times as fast where something is waited for. */
const IMPATIENT: Limits = { ...LIMITS, backoff: { base: 1, most: 4 }, poll: 2 };

const BY_SOCKET_ALONE: Limits = { ...IMPATIENT, failures: Number.POSITIVE_INFINITY };

let service: Service;
let baseUrl: string;

beforeEach(async () => {
  service = new Service();
  baseUrl = await service.listen();
});
afterEach(() => service.close());

const frames: Frames = (run) => {
  const frame = setImmediate(run);
  return () => clearImmediate(frame);
};

function client(apiKey: string | null = null): RetenderClient {
  const WebSocket = NodeSocket as never;
  const follow = { limits: IMPATIENT, surroundings: new VirtualSurroundings(), frames };
  return new RetenderClient({ baseUrl, apiKey, language: "es", WebSocket, follow });
}

/** Follows to the end. Returns the numbers as they were handed on. */
async function followed(
  { http }: RetenderClient,
  onNumber = (_: number) => {},
  limits: Limits = IMPATIENT,
) {
  const numbers: number[] = [];
  const connection = new JobConnection({
    carriers: carriers(http, JOB_ID),
    clock: http.clock,
    surroundings: new VirtualSurroundings(),
    limits,
    deliver(delivery) {
      if (delivery.type !== "message" || delivery.message.seq === undefined) return;
      numbers.push(delivery.message.seq);
      onNumber(delivery.message.seq);
    },
  });
  const substitutes = new Set<string>();
  const over = new Promise<void>((resolve, reject) => {
    connection.subscribe(() => {
      const { phase, substitute } = connection.getState();
      if (substitute !== null) substitutes.add(substitute);
      if (phase.name === "finished") resolve();
      if (phase.name === "refused") reject(new Error(`refused: ${phase.code} ${phase.reason}`));
    });
  });
  connection.start();
  await over;
  connection.stop();
  return { numbers, substitutes };
}

/** Looks at a job until what is to be seen is seen. */
function until(follower: JobFollower, seen: (followed: Followed) => boolean): Promise<void> {
  return new Promise((done) => {
    const leave = follower.subscribe(() => {
      if (!seen(follower.getSnapshot())) return;
      leave();
      done();
    });
  });
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1);
}

describe.each([1, 2, 3])("over a network that breaks a hundred times (seed %i)", (seed) => {
  let random: () => number;

  beforeEach(() => {
    random = seeded(seed);
    const chances: readonly (readonly [Fault, number])[] = [
      ["break", 0.08],
      ["close", 0.12],
      ["twice", 0.17],
      ["again from the start", 0.18],
      ["leave out", 0.19],
    ];
    service.faults.refuse = () => random() < 0.15;
    service.faults.onEvent = () => {
      const drawn = random();
      return chances.find(([, upTo]) => drawn < upTo)?.[0] ?? "none";
    };
    // Some are there before; others come as soon as all before them were seen.
    for (let some = 0; some < 50; some += 1) service.say();
  });

  function goOn(seen: number, most: number): void {
    if (seen !== service.events.length || service.status === "completed") return;
    if (seen >= most) service.end();
    else for (let some = Math.floor(random() * 30); some >= 0; some -= 1) service.say();
  }

  it("each event comes once and in order", async () => {
    const onNumber = (seen: number) => goOn(seen, 1200);
    const { numbers } = await followed(client(), onNumber, BY_SOCKET_ALONE);
    expect(numbers).toEqual(upTo(service.events.length));
    expect(numbers.length).toBeGreaterThan(1200);
    expect(service.broken).toBeGreaterThanOrEqual(100);
  });

  it("the text is whole and in order, whatever carried its parts", async () => {
    const follower = client().follow(JOB_ID);
    const ways = new Set<string>();
    // Nothing but questions gets through until the first was answered.
    const asked = () => service.asked.some(({ path }) => path.endsWith("/result"));
    service.faults.refuse = () => !asked() || random() < 0.15;
    await until(follower, ({ view, connection }) => {
      ways.add(connection.substitute ?? connection.phase.name);
      if (view.segments.length === service.segments.length) goOn(service.events.length, 300);
      return view.result !== null && connection.phase.name === "finished";
    });
    const { view } = follower.getSnapshot();
    expect(view.segments).toEqual(service.segments);
    expect(view.segments.length).toBeGreaterThanOrEqual(300);
    expect([...ways]).toEqual(expect.arrayContaining(["open", "stream", "polling"]));
    expect(service.broken).toBeGreaterThanOrEqual(30);
  });
});

describe("where sockets are not let through", () => {
  beforeEach(() => {
    service.faults.refuse = (what) => what === "socket";
  });

  it("the stream tells everything", async () => {
    for (let some = 0; some < 20; some += 1) service.say();
    const { numbers, substitutes } = await followed(client(), (seq) => {
      if (seq === 20) service.end();
    });
    expect(numbers).toEqual(upTo(21));
    expect([...substitutes]).toEqual(["stream"]);
  });

  it("the stream carries the key and the language, which an EventSource would not", async () => {
    service.keyed = true;
    service.say();
    service.end();
    await followed(client(KEY));
    const stream = service.asked.find(({ path }) => path.endsWith("/events"));
    expect(stream?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "accept-language": "es",
    });
  });

  it("a stream that breaks is taken up where it broke", async () => {
    let broken = 0;
    service.faults.onEvent = (_, sent) => (sent === 8 && ++broken <= 2 ? "break" : "none");
    for (let some = 0; some < 20; some += 1) service.say();
    service.end();
    const { numbers, substitutes } = await followed(client());
    expect(numbers).toEqual(upTo(21));
    expect([...substitutes]).toEqual(["stream"]);
  });

  it("nor streams, asking again and again brings the whole text", async () => {
    service.faults.refuse = () => true;
    service.say(3);
    const follower = client().follow(JOB_ID);
    await until(follower, ({ view }) => {
      if (view.segments.length === 3 && service.segments.length === 3) service.say(2);
      if (view.segments.length === 5 && service.status !== "completed") service.end();
      return view.status === "completed";
    });
    const { view, connection } = follower.getSnapshot();
    expect(view.segments.map((segment) => segment.id)).toEqual([0, 1, 2, 3, 4]);
    expect(view.result?.text).toContain("Segment 4.");
    expect(connection.phase.name).toBe("finished");
  });
});

describe("where keys are on", () => {
  it("each attempt has a ticket of its own, and the key is in no address", async () => {
    service.keyed = true;
    service.faults.onEvent = (_, sent) => (sent === 3 ? "break" : "none");
    for (let some = 0; some < 10; some += 1) service.say();
    service.end();
    const { numbers } = await followed(client(KEY), undefined, BY_SOCKET_ALONE);
    expect(numbers).toEqual(upTo(11));
    expect(service.opened).toBeGreaterThan(3);
    expect(service.tickets).toHaveLength(service.opened);
    expect(new Set(service.tickets)).toEqual(new Set(["used"]));
    expect(service.addresses.join()).not.toContain(KEY);
  });

  it("a wrong key is told as such, and not tried again", async () => {
    service.keyed = true;
    await expect(followed(client("wrong"))).rejects.toThrow("4401");
    expect(service.opened).toBe(0);
    expect(service.asked).toHaveLength(1);
  });

  it("so is the lack of one", async () => {
    service.keyed = true;
    await expect(followed(client())).rejects.toThrow("4401");
    expect(service.opened).toBe(1);
  });
});

describe("a job that is looked at", () => {
  it("which has ended, opens no socket", async () => {
    service.say(4);
    service.end();
    const follower = client().follow(JOB_ID);
    await until(follower, ({ view }) => view.status === "completed");
    expect(follower.getSnapshot().view.segments).toHaveLength(4);
    expect(service.opened).toBe(0);
  });

  it("whose result is too large for a message, has it all the same", async () => {
    service.say(2);
    const follower = client().follow(JOB_ID);
    await until(follower, ({ view }) => {
      if (view.segments.length === 2 && service.status !== "completed") service.end();
      return view.result !== null;
    });
    expect(follower.getSnapshot().view.result?.text).toBe("Segment 0. Segment 1.");
    expect(service.opened).toBe(1);
  });

  it("is the same for all who look, over one socket", async () => {
    service.say();
    const retender = client();
    const follower = retender.follow(JOB_ID);
    expect(retender.follow(JOB_ID)).toBe(follower);
    const looking = [1, 2, 3].map(() => until(follower, ({ view }) => view.segments.length === 1));
    await Promise.all(looking);
    expect(service.opened).toBe(1);
  });
});

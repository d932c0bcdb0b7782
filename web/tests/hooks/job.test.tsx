// @vitest-environment happy-dom
/** Hooks under StrictMode, over real sockets. */
import {
  act,
  cleanup,
  configure,
  render,
  renderHook,
  screen,
  waitFor,
} from "@testing-library/react";
import { type ReactNode, StrictMode, useState } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { type Frames, RetenderClient, type ServiceOptions } from "../../src/client";
import { RetenderProvider, useJobValue, useTranscriptionJob, useWebSocket } from "../../src/hooks";
import { JOB_ID, Service } from "../support/service";

// Only ends what hangs.
configure({ asyncUtilTimeout: 30_000 });

let service: Service;
let baseUrl: string;

beforeEach(async () => {
  service = new Service();
  baseUrl = await service.listen();
});

afterEach(async () => {
  cleanup();
  await waitFor(() => expect(service.sockets).toBe(0));
  await service.close();
});

function within(options: ServiceOptions = {}) {
  const WebSocket = NodeSocket as never;
  const follow = { linger: 0, ...options.follow };
  const client = new RetenderClient({ baseUrl, WebSocket, ...options, follow });
  return ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <RetenderProvider client={client}>{children}</RetenderProvider>
    </StrictMode>
  );
}

describe("useTranscriptionJob", () => {
  it("shows the text as it comes, and opens one socket though StrictMode mounts twice", async () => {
    service.say(2);
    const { result } = renderHook(() => useTranscriptionJob(JOB_ID), { wrapper: within() });
    expect(result.current.status).toBeNull();
    await waitFor(() => expect(result.current.segments).toHaveLength(2));
    act(() => service.say(1));
    await waitFor(() => expect(result.current.segments).toHaveLength(3));
    expect(result.current.connection.phase.name).toBe("open");
    expect(service.opened).toBe(1);
    const asked = service.asked.filter(({ path }) => path === `/job/${JOB_ID}`);
    expect(asked).toHaveLength(1);
  });

  it("shares the socket of all components that look at the job", async () => {
    service.say(1);
    function Progress() {
      return <i>{useTranscriptionJob(JOB_ID).stage}</i>;
    }
    function Text() {
      return <p>{useTranscriptionJob(JOB_ID).segments.map(({ text }) => text)}</p>;
    }
    render(<Progress />, { wrapper: within() }).rerender(
      <>
        <Progress />
        <Text />
      </>,
    );
    await screen.findByText("Segment 0.");
    await screen.findByText("transcribing");
    expect(service.opened).toBe(1);
  });

  it("keeps the socket over a change of view, and closes it when nobody looks any more", async () => {
    service.say(1);
    let show = (_: boolean) => {};
    function Text() {
      return <p>{useTranscriptionJob(JOB_ID).segments.map(({ text }) => text)}</p>;
    }
    function Page() {
      const [shown, setShown] = useState(true);
      show = setShown;
      return shown ? <Text /> : null;
    }
    render(<Page />, { wrapper: within({ follow: { linger: 50 } }) });
    await screen.findByText("Segment 0.");
    act(() => show(false));
    act(() => show(true));
    await screen.findByText("Segment 0.");
    expect(service.opened).toBe(1);
    act(() => show(false));
    await waitFor(() => expect(service.sockets).toBe(0));
  });

  it("follows a failed job again when it is retried", async () => {
    service.status = "failed";
    service.publish("error", { status: "failed", error: "broken", code: "engine_failed" });
    const { result } = renderHook(() => useTranscriptionJob(JOB_ID), { wrapper: within() });
    await waitFor(() => expect(result.current.status).toBe("failed"));
    expect(service.opened).toBe(0);
    await act(() => result.current.retry());
    service.say(1);
    await waitFor(() => expect(result.current.segments).toHaveLength(1));
    expect(result.current.failure).toBeNull();
  });

  it("draws once for all that comes within a frame", async () => {
    let frame = () => {};
    const frames: Frames = (run) => {
      frame = run;
      return () => {};
    };
    let drawn = 0;
    const { result } = renderHook(
      () => {
        drawn += 1;
        return useTranscriptionJob(JOB_ID);
      },
      { wrapper: within({ follow: { frames } }) },
    );
    await waitFor(() => {
      act(() => frame());
      expect(result.current.connection.phase.name).toBe("open");
    });
    const before = drawn;
    const received = service.events.length + 500;
    for (let some = 0; some < 500; some += 1) service.say(1);
    await waitFor(() => expect(result.current.connection.phase.name).toBe("open"));
    await waitFor(() => {
      act(() => frame());
      expect(result.current.segments).toHaveLength(received);
    });
    // Each drawing is two under StrictMode; the frames are those that were asked for above.
    expect(drawn - before).toBeLessThan(40);
  });
});

describe("useJobValue", () => {
  it("draws nothing when something else has changed", async () => {
    service.say(1);
    let drawn = 0;
    function Status() {
      drawn += 1;
      return <i>{useJobValue(JOB_ID, (view) => view.status)}</i>;
    }
    function Count() {
      return <b>{useJobValue(JOB_ID, (view) => view.segments.length)}</b>;
    }
    render(
      <>
        <Status />
        <Count />
      </>,
      { wrapper: within() },
    );
    await screen.findByText("1");
    const before = drawn;
    act(() => service.say(1));
    await screen.findByText("2");
    expect(drawn).toBe(before);
  });
});

describe("useWebSocket", () => {
  it("hands each message on once, over one socket", async () => {
    service.say(1);
    service.say(1);
    const numbers: number[] = [];
    const onDelivery = (
      delivery: Parameters<Parameters<typeof useWebSocket>[1]["onDelivery"]>[0],
    ) => {
      if (delivery.type === "message" && delivery.message.seq) numbers.push(delivery.message.seq);
    };
    const { result, unmount } = renderHook(() => useWebSocket(JOB_ID, { onDelivery }), {
      wrapper: within(),
    });
    await waitFor(() => expect(numbers).toEqual([1, 2]));
    expect(result.current.phase.name).toBe("open");
    expect(service.opened).toBe(1);
    unmount();
    await waitFor(() => expect(service.sockets).toBe(0));
  });

  it("opens nothing until it is enabled", async () => {
    service.say(1);
    const onDelivery = () => {};
    const { result, rerender } = renderHook(
      ({ enabled }) => useWebSocket(JOB_ID, { onDelivery, enabled }),
      { wrapper: within(), initialProps: { enabled: false } },
    );
    expect(result.current.phase.name).toBe("idle");
    rerender({ enabled: true });
    await waitFor(() => expect(result.current.phase.name).toBe("open"));
    rerender({ enabled: false });
    expect(result.current.phase.name).toBe("stopped");
    expect(service.opened).toBe(1);
  });
});

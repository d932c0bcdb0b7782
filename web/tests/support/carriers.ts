import type { Carriers, Command, Job } from "../../src/client";
import { parse } from "../../src/client/messages";

type SocketListener = Parameters<Carriers["socket"]>[1];
type StreamListener = Parameters<Carriers["stream"]>[1];

export class FakeSocket {
  readonly since: number;
  readonly said: Command[] = [];
  dropped = false;
  readonly #listener: SocketListener;

  constructor(since: number, listener: SocketListener) {
    this.since = since;
    this.#listener = listener;
  }

  connect(seq = this.since, status = "processing"): void {
    this.tell({ type: "connected", data: { message: "", job_id: "j", status, seq } });
  }

  event(seq: number, type = "progress", status = "processing"): void {
    this.tell({ type, seq, data: { status, stage: "transcribing", progress: seq, message: "" } });
  }

  tell(message: object): void {
    if (!this.dropped) this.#listener.heard(parse(JSON.stringify(message)));
  }

  close(code: number, reason = ""): void {
    if (!this.dropped) this.#listener.closed(code, reason);
  }
}

/** Carriers that do nothing by themselves: a test decides what comes over them. */
export class FakeCarriers implements Carriers {
  readonly sockets: FakeSocket[] = [];
  readonly streams: { since: number; listener: StreamListener; ended: boolean }[] = [];
  polls = 0;
  answer: () => Promise<Job> = () => new Promise(() => {});

  socket(since: number, listener: SocketListener) {
    const socket = new FakeSocket(since, listener);
    this.sockets.push(socket);
    return {
      say: (command: Command) => {
        socket.said.push(command);
      },
      drop: () => {
        socket.dropped = true;
      },
    };
  }

  stream(since: number, listener: StreamListener) {
    const stream = { since, listener, ended: false };
    this.streams.push(stream);
    return {
      end: () => {
        stream.ended = true;
      },
    };
  }

  async poll() {
    this.polls += 1;
    return { job: await this.answer(), segments: null };
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }
}

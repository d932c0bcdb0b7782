import { type Clock, realClock } from "./clock";
import { NetworkError, serviceError } from "./errors";
import { retried } from "./retry";

type Changing<T> = T | (() => T);

export interface ClientOptions {
  /** Where the service is: `https://speech.example.org`, or a path. By default where the page is. */
  readonly baseUrl?: string;
  /** Where keys are on. A function is asked at every request. */
  readonly apiKey?: Changing<string | null>;
  /** Of messages to people: a code, or the value of an `Accept-Language`. */
  readonly language?: Changing<string | null>;
  readonly fetch?: typeof fetch;
  /** Null: there is none, uploads go by `fetch` and tell no progress in between. */
  readonly XMLHttpRequest?: (new () => XMLHttpRequest) | null;
  readonly WebSocket?: new (url: string) => WebSocket;
  readonly clock?: Clock;
}

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly signal?: AbortSignal | undefined;
  /** Whether it may be asked again when no answer came. By default what only reads. */
  readonly again?: boolean;
}

/** Requests to one service, each with the caller's key and language. */
export class Http {
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.baseUrl = absolute(options.baseUrl ?? "").replace(/\/+$/, "");
    this.clock = options.clock ?? realClock;
  }

  get apiKey(): string | null {
    return now(this.#options.apiKey) || null;
  }

  get XMLHttpRequest(): (new () => XMLHttpRequest) | null {
    const given = this.#options.XMLHttpRequest;
    return given === undefined ? (globalThis.XMLHttpRequest ?? null) : given;
  }

  get WebSocket(): new (
    url: string,
  ) => WebSocket {
    return this.#options.WebSocket ?? globalThis.WebSocket;
  }

  /** Looked up at every call: tests and instrumentation replace it. */
  get fetch(): typeof fetch {
    return this.#options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  headers(): Record<string, string> {
    const language = now(this.#options.language);
    return {
      ...(this.apiKey === null ? {} : { Authorization: `Bearer ${this.apiKey}` }),
      ...(language ? { "Accept-Language": language } : {}),
    };
  }

  url(path: string, query: Ask["query"] = {}): string {
    const pairs = Object.entries(query).filter(([, value]) => value != null && value !== "");
    const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
    return `${this.baseUrl}${path}${search.size === 0 ? "" : `?${search}`}`;
  }

  socketUrl(path: string, query: Ask["query"] = {}): string {
    return this.url(path, query).replace(/^http/, "ws");
  }

  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const answer = await this.answer(path, ask);
    return (await readAs(answer.json())) as T;
  }

  /** An answer that is a success. Raises `ServiceError` or `NetworkError`. */
  answer(path: string, ask: Ask = {}): Promise<Response> {
    const again = ask.again ?? (ask.method ?? "GET") === "GET";
    const once = () => this.#once(path, ask);
    return again ? retried(this.clock, once, ask.signal) : once();
  }

  async #once(path: string, ask: Ask): Promise<Response> {
    const body = ask.json === undefined ? ask.body : JSON.stringify(ask.json);
    const answer = await this.send(this.url(path, ask.query), {
      method: ask.method ?? "GET",
      headers: {
        ...this.headers(),
        ...(ask.json === undefined ? {} : { "Content-Type": "application/json" }),
        ...ask.headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(ask.signal === undefined ? {} : { signal: ask.signal }),
    });
    if (answer.ok) return answer;
    const said = await readAs(answer.text());
    throw serviceError(answer.status, said, (name) => answer.headers.get(name));
  }

  /** Any answer there is. Raises `NetworkError` when none came. */
  async send(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted) throw init.signal.reason;
      throw new NetworkError("the service could not be reached", error);
    }
  }
}

/** The body may break off after its head has come. */
async function readAs<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new NetworkError("the answer of the service broke off", error);
  }
}

function now<T>(value: Changing<T> | undefined): T | undefined {
  return typeof value === "function" ? (value as () => T)() : value;
}

/** WebSockets want a whole address. */
function absolute(baseUrl: string): string {
  const here = globalThis.document?.baseURI;
  return here === undefined ? baseUrl : new URL(baseUrl || ".", here).href;
}

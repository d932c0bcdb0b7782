/*
 * What can go wrong, as one tree.
 *
 *   RetenderError        something was asked of the service, and it was not done
 *   ├─ ServiceError      the service said no: a code, a sentence, the request's id
 *   └─ NetworkError      no answer came; whether the service acted is unknown
 *
 * A request that its caller gave up rejects with the reason of the caller's AbortSignal.
 */

export abstract class RetenderError extends Error {
  /** Whether the very same request may succeed a little later. */
  abstract readonly passing: boolean;
}

/** Codes that the service has for what went wrong. More may come: show unknown ones by `message`. */
export type ErrorCode =
  | "bad_request"
  | "empty_upload"
  | "incomplete_upload"
  | "url_not_allowed"
  | "unauthorized"
  | "forbidden"
  | "job_not_found"
  | "upload_stalled"
  | "already_begun"
  | "already_finished"
  | "not_failed"
  | "not_completed"
  | "idempotency_conflict"
  | "transcript_changed"
  | "upload_expired"
  | "too_large"
  | "unsupported_media"
  | "no_audio_stream"
  | "corrupt_media"
  | "too_long"
  | "invalid_option"
  | "rate_limited"
  | "queue_full"
  | "fetch_failed"
  | "draining"
  | "model_unavailable"
  | "engine_unavailable"
  | "engine_failed"
  | "worker_crashed"
  | "worker_silent"
  | "busy"
  | "no_answer"
  | "storage_full"
  | "internal";

export interface ErrorParts {
  readonly status: number;
  readonly code: ErrorCode | (string & {});
  readonly message: string;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds after which to come back, where the service said so. */
  readonly retryAfter: number | null;
}

export class ServiceError extends RetenderError implements ErrorParts {
  override readonly name = "ServiceError";
  readonly status: number;
  readonly code: ErrorParts["code"];
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | null;

  constructor(parts: ErrorParts) {
    super(parts.message);
    this.status = parts.status;
    this.code = parts.code;
    this.requestId = parts.requestId;
    this.details = parts.details;
    this.retryAfter = parts.retryAfter;
  }

  get passing(): boolean {
    return this.retryAfter !== null || PASSING.has(this.status);
  }
}

export class NetworkError extends RetenderError {
  override readonly name = "NetworkError";
  readonly passing = true;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** Where a gateway stands between, or the service is just starting again. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** From an answer that is no success. What did not come from the service itself, such as a page
 * of a proxy in between, has the code `http_<status>`. */
export function serviceError(
  status: number,
  body: string,
  header: (name: string) => string | null,
): ServiceError {
  const said = errorIn(body);
  return new ServiceError({
    status,
    code: text(said?.["code"]) ?? `http_${status}`,
    message: text(said?.["message"]) ?? `the service answered with status ${status}`,
    requestId: text(said?.["request_id"]) ?? header("X-Request-ID"),
    details: record(said?.["details"]) ?? {},
    retryAfter: seconds(header("Retry-After")),
  });
}

function errorIn(body: string): Record<string, unknown> | null {
  try {
    return record(record(JSON.parse(body))?.["error"]);
  } catch {
    return null;
  }
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function seconds(header: string | null): number | null {
  if (header === null || header.trim() === "") return null;
  const given = Number(header);
  return Number.isFinite(given) && given >= 0 ? given : null;
}

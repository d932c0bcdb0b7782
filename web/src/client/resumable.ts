/**
 * Large recordings in parts, by the tus protocol: what has come stays when the network goes, and an
 * upload goes on in another life of the page, given its address and the recording.
 *
 * tus-js-client is loaded with the first large recording.
 */

import type { DetailedError, HttpRequest, UploadOptions as TusOptions } from "tus-js-client";
import { NetworkError, type RetenderError, serviceError } from "./errors";
import type { Http } from "./http";
import { arrived } from "./late";
import { fieldsOf, filenameOf, newIdempotencyKey, type UploadOptions } from "./upload";

/** An upload that has begun: it has its job from its first moment. */
export interface Begun {
  readonly jobId: string;
  /** Keep it with the recording: with it the upload goes on later. */
  readonly uploadUrl: string;
}

export interface ResumableOptions extends UploadOptions {
  /** Of an upload that was begun before. One that the service forgot is begun anew. */
  readonly uploadUrl?: string;
  readonly onBegun?: (begun: Begun) => void;
}

/** Under what many proxies take in one request. */
const PART_BYTES = 8 * 1024 * 1024;
const RETRY_DELAYS = [0, 500, 1000, 3000, 5000, 10_000, 15_000];
const JOB_ID = "Retender-Job-Id";

export async function uploadInParts(
  http: Http,
  recording: Blob,
  how: ResumableOptions = {},
): Promise<Begun> {
  const { Upload } = await arrived(import("tus-js-client"));
  const { signal, idempotencyKey = newIdempotencyKey() } = how;
  signal?.throwIfAborted();
  let jobId: string | null = null;
  let known = how.uploadUrl;
  return new Promise<Begun>((resolve, reject) => {
    const options: TusOptions = {
      endpoint: http.url("/uploads"),
      uploadUrl: how.uploadUrl ?? null,
      metadata: Object.fromEntries([
        ["filename", filenameOf(recording, how.filename)],
        ...fieldsOf(how.options),
      ]),
      chunkSize: PART_BYTES,
      fileReader: { openFile: async (input: Blob) => readingOf(input) },
      retryDelays: RETRY_DELAYS,
      // What is to go on later is kept by the caller, with the recording.
      storeFingerprintForResuming: false,
      removeFingerprintOnSuccess: true,
      onBeforeRequest(request: HttpRequest) {
        for (const [name, value] of Object.entries(http.headers())) request.setHeader(name, value);
        if (request.getMethod() === "POST") request.setHeader("Idempotency-Key", idempotencyKey);
      },
      onAfterResponse(_request, answer) {
        jobId = answer.getHeader(JOB_ID) ?? jobId;
      },
      onUploadUrlAvailable() {
        // Told anew after each interruption.
        const now = begun();
        if (now.uploadUrl !== known) how.onBegun?.(now);
        known = now.uploadUrl;
      },
      onProgress: (sent, total) => how.onProgress?.({ sent, total: total ?? recording.size }),
      onShouldRetry: (error) => errorOf(error).passing,
      onSuccess: () => finish(() => resolve(begun())),
      onError: (error) => finish(() => reject(errorOf(error))),
    };
    const upload = new Upload(recording as File, options);
    const begun = (): Begun => {
      const uploadUrl = upload.url ?? "";
      return { jobId: jobId ?? lastOf(uploadUrl), uploadUrl };
    };
    const giveUp = () => {
      // It stays at the service: with its address it can go on.
      void upload.abort(false);
      finish(() => reject(signal?.reason));
    };
    const finish = (end: () => void) => {
      signal?.removeEventListener("abort", giveUp);
      end();
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    upload.start();
  });
}

/** Part by part, in browsers and outside. A recording of one part is never longer in memory. */
function readingOf(recording: Blob) {
  return {
    size: recording.size,
    async slice(start: number, end: number) {
      const part = recording.slice(start, end);
      const bytes = new Uint8Array(await part.arrayBuffer());
      // The name by which tus asks for the length of a part.
      const value = Object.assign(bytes, { size: bytes.byteLength });
      return { value, done: end >= recording.size };
    },
    close() {},
  };
}

function errorOf(error: Error | DetailedError): RetenderError {
  const answer = "originalResponse" in error ? error.originalResponse : null;
  if (answer == null) return new NetworkError("the upload broke off", error);
  return serviceError(
    answer.getStatus(),
    answer.getBody(),
    (name) => answer.getHeader(name) ?? null,
  );
}

function lastOf(uploadUrl: string): string {
  return decodeURIComponent(uploadUrl.split("/").at(-1) ?? "");
}

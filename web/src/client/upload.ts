/** A recording handed in with one request. */
import { NetworkError, serviceError } from "./errors";
import type { Http } from "./http";
import { retried } from "./retry";
import type { Receipt, SubmitOptions } from "./shapes";

export interface Sent {
  readonly sent: number;
  readonly total: number;
}

export interface UploadOptions {
  readonly options?: SubmitOptions;
  /** Under which the same recording handed in again is the same job. One is made where none is
   * given; keep it with the recording to be able to repeat what broke off in an earlier life. */
  readonly idempotencyKey?: string;
  readonly onProgress?: (sent: Sent) => void;
  readonly signal?: AbortSignal;
  /** Of a Blob that has no name of its own. */
  readonly filename?: string;
}

/** By random values alone: `crypto.randomUUID` is missing from pages served over plain HTTP. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function filenameOf(recording: Blob, given?: string): string {
  return given ?? (recording instanceof File ? recording.name : "recording");
}

export function upload(http: Http, recording: Blob, how: UploadOptions = {}): Promise<Receipt> {
  const form = formOf(how.options);
  // Last, so that a wrong field is refused before all of the recording has come.
  form.append("file", recording, filenameOf(recording, how.filename));
  return submit(http, form, recording.size, how);
}

/** Where the service fetches recordings itself. */
export function submitUrl(http: Http, url: string, how: UploadOptions = {}): Promise<Receipt> {
  const form = formOf(how.options);
  form.append("url", url);
  return submit(http, form, 0, how);
}

/** What was left out is not sent. */
export function fieldsOf(options: SubmitOptions = {}): [string, string][] {
  return Object.entries(options).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
}

function formOf(options?: SubmitOptions): FormData {
  const form = new FormData();
  for (const [name, value] of fieldsOf(options)) form.append(name, value);
  return form;
}

function submit(
  http: Http,
  form: FormData,
  size: number,
  { idempotencyKey = newIdempotencyKey(), onProgress = () => {}, signal }: UploadOptions,
): Promise<Receipt> {
  const headers = { "Idempotency-Key": idempotencyKey };
  const once = async () => {
    onProgress({ sent: 0, total: size });
    const receipt =
      http.XMLHttpRequest === null
        ? await byFetch(http, form, headers, signal)
        : await byXhr(new http.XMLHttpRequest(), http, form, headers, size, onProgress, signal);
    onProgress({ sent: size, total: size });
    return receipt;
  };
  // With its key a repeated submission is the same job.
  return retried(http.clock, once, signal);
}

function byFetch(
  http: Http,
  body: FormData,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Receipt> {
  const ask = { method: "POST", body, headers, signal, again: false } as const;
  return http.json<Receipt>("/transcribe-job", ask);
}

/** `fetch` does not tell how much of a body is sent. */
function byXhr(
  xhr: XMLHttpRequest,
  http: Http,
  form: FormData,
  headers: Record<string, string>,
  size: number,
  onProgress: (sent: Sent) => void,
  signal: AbortSignal | undefined,
): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const giveUp = () => xhr.abort();
    const failed = () => reject(new NetworkError("the upload broke off"));
    xhr.open("POST", http.url("/transcribe-job"));
    for (const [name, value] of Object.entries({ ...http.headers(), ...headers })) {
      xhr.setRequestHeader(name, value);
    }
    xhr.upload.onprogress = ({ loaded, total }) => {
      // The form is a little larger than the recording in it.
      if (total > 0) onProgress({ sent: Math.round((loaded / total) * size), total: size });
    };
    xhr.onload = () => {
      if (xhr.status < 200 || xhr.status > 299) {
        reject(serviceError(xhr.status, xhr.responseText, (name) => xhr.getResponseHeader(name)));
        return;
      }
      try {
        resolve(JSON.parse(xhr.responseText) as Receipt);
      } catch (error) {
        reject(new NetworkError("the answer of the service broke off", error));
      }
    };
    xhr.onerror = failed;
    xhr.ontimeout = failed;
    xhr.onabort = () => reject(signal?.reason ?? new DOMException("aborted", "AbortError"));
    xhr.onloadend = () => signal?.removeEventListener("abort", giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    xhr.send(form);
  });
}

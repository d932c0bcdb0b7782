import { type Ask, type ClientOptions, Http } from "./http";
import { arrived } from "./late";
import { Followers, type FollowOptions, type JobFollower } from "./live/follower";
import { momentsOf } from "./live/moments";
import type { Moment } from "./live/view";
import type { ResumableOptions } from "./resumable";
import type {
  Actor,
  Actors,
  AudioTicket,
  Health,
  Job,
  JobPage,
  JobStatus,
  ListedJob,
  Model,
  Models,
  ModelWish,
  OptionsChange,
  Peaks,
  QueueInfo,
  Receipt,
  Result,
  ResultFormat,
  Segment,
  Transcript,
} from "./shapes";
import { submitUrl, type UploadOptions, upload } from "./upload";

export interface ServiceOptions extends ClientOptions {
  readonly follow?: FollowOptions;
  /** From so many bytes on, recordings go in parts. */
  readonly inPartsFrom?: number;
}

export interface Listing {
  readonly status?: JobStatus;
  /** Words to find in names and texts. */
  readonly q?: string;
  readonly limit?: number;
  /** The `next_cursor` of the page before. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface Submitted {
  readonly jobId: string;
  readonly queuePosition: number | null;
  /** Seconds. */
  readonly estimatedProcessingTime: number | null;
}

interface Asked {
  readonly signal?: AbortSignal | undefined;
}

const IN_PARTS_FROM = 8 * 1024 * 1024;

/** All that the service does, for one caller. Methods raise `ServiceError` or `NetworkError`. */
export class RetenderClient {
  readonly http: Http;
  readonly #followers: Followers;
  readonly #inPartsFrom: number;

  constructor(options: ServiceOptions = {}) {
    this.http = new Http(options);
    this.#followers = new Followers(this.http, options.follow);
    this.#inPartsFrom = options.inPartsFrom ?? IN_PARTS_FROM;
  }

  // Handing in

  async submit(recording: Blob, how: ResumableOptions = {}): Promise<Submitted> {
    if (how.uploadUrl === undefined && recording.size < this.#inPartsFrom) {
      return submitted(await upload(this.http, recording, how));
    }
    const { uploadInParts } = await arrived(import("./resumable"));
    const { jobId } = await uploadInParts(this.http, recording, how);
    return { jobId, queuePosition: null, estimatedProcessingTime: null };
  }

  async submitUrl(url: string, how: UploadOptions = {}): Promise<Submitted> {
    return submitted(await submitUrl(this.http, url, how));
  }

  // Jobs

  /** `text: false`: without its result, for those who ask often. */
  job(jobId: string, { signal, text }: Asked & { text?: boolean } = {}): Promise<Job> {
    return this.http.json(at(jobId), { query: { text }, signal });
  }

  jobs({ signal, ...query }: Listing = {}): Promise<JobPage> {
    return this.http.json("/jobs", { query, signal });
  }

  deadLetters({ signal, limit, cursor }: Listing = {}): Promise<JobPage> {
    return this.http.json("/dead-letters", { query: { limit, cursor }, signal });
  }

  /** The job's news for as long as somebody is subscribed: the same follower for all who ask. */
  follow(jobId: string): JobFollower {
    return this.#followers.of(jobId);
  }

  /** What happened to a job that has ended. One that runs tells it to who follows. */
  moments(jobId: string, { signal }: Asked = {}): Promise<readonly Moment[]> {
    return momentsOf(this.http, jobId, signal);
  }

  cancel(jobId: string): Promise<{ job_id: string; status: "cancelled" }> {
    return this.http.json(at(jobId), { method: "DELETE", again: true });
  }

  /** Another chance for a failed job; what it has finished is kept. */
  async retry(jobId: string): Promise<Submitted> {
    const ask = { method: "POST" } as const;
    const receipt = await this.http.json<Receipt>(`${at(jobId)}/retry`, ask);
    this.#followers.known(jobId)?.restart();
    return submitted(receipt);
  }

  rename(jobId: string, name: string): Promise<ListedJob> {
    return this.http.json(at(jobId), { method: "PATCH", json: { name }, again: true });
  }

  /** Until a worker has begun it. What is not named stays; null is the default. */
  changeOptions(jobId: string, change: OptionsChange): Promise<Job> {
    return this.http.json(`${at(jobId)}/options`, { method: "PATCH", json: change, again: true });
  }

  /** Its recording, its text and its edits go; one that runs is cancelled first. */
  async forget(jobId: string): Promise<void> {
    await this.http.answer(at(jobId), { method: "DELETE", query: { forget: true }, again: true });
  }

  // Texts

  /** `partial`: what there is of it, whatever became of the job. */
  result(jobId: string, asked: Asked & { partial?: boolean; version?: number } = {}) {
    const { signal, ...query } = asked;
    return this.http.json<Result>(`${at(jobId)}/result`, {
      query: { format: "json", ...query },
      signal,
    });
  }

  /** As a file, with the latest edits unless `version` says otherwise; 0 is what was recognised. */
  async download(
    jobId: string,
    format: ResultFormat,
    { signal, ...query }: Asked & { version?: number } = {},
  ): Promise<Blob> {
    const ask = { query: { format, ...query }, signal };
    return (await this.http.answer(`${at(jobId)}/result`, ask)).blob();
  }

  /** Many as one ZIP. */
  async export(
    jobIds: readonly string[],
    format: ResultFormat,
    { signal }: Asked = {},
  ): Promise<Blob> {
    const ask: Ask = { query: { ids: jobIds.join(","), format }, signal };
    return (await this.http.answer("/jobs/export", ask)).blob();
  }

  transcript(
    jobId: string,
    { signal, version }: Asked & { version?: number } = {},
  ): Promise<Transcript> {
    return this.http.json(`${at(jobId)}/transcript`, { query: { version }, signal });
  }

  /** The next version after `edited`. Raises `transcript_changed` when there is one already: its
   * number is in the error's details. */
  saveTranscript(jobId: string, edited: number, segments: readonly Segment[]): Promise<Transcript> {
    return this.http.json(`${at(jobId)}/transcript`, {
      method: "PUT",
      headers: { "If-Match": `"${edited}"` },
      json: { segments },
    });
  }

  // Recordings

  peaks(jobId: string, { signal }: Asked = {}): Promise<Peaks> {
    return this.http.json(`${at(jobId)}/peaks`, { signal });
  }

  /** For a player, where no keys are asked for: a player sends none. */
  audioUrl(jobId: string): string {
    return this.http.url(`${at(jobId)}/audio`);
  }

  /** For a player where keys are asked for: good for so many seconds, as often as it asks. */
  async audioTicket(
    jobId: string,
    { signal }: Asked = {},
  ): Promise<{ readonly url: string; readonly seconds: number }> {
    const ask = { method: "POST", again: true, signal } as const;
    const { ticket, expires_in } = await this.http.json<AudioTicket>(
      `${at(jobId)}/audio-ticket`,
      ask,
    );
    return { url: this.http.url(`${at(jobId)}/audio`, { ticket }), seconds: expires_in };
  }

  async audio(jobId: string, { signal }: Asked = {}): Promise<Blob> {
    return (await this.http.answer(`${at(jobId)}/audio`, { signal })).blob();
  }

  // The service

  health(asked: Asked = {}): Promise<Health> {
    return this.http.json("/health", { ...asked, again: false });
  }

  /** For those who look after the service. */
  async actors(asked: Asked = {}): Promise<readonly Actor[]> {
    return (await this.http.json<Actors>("/actors", asked)).actors;
  }

  queue(asked: Asked = {}): Promise<QueueInfo> {
    return this.http.json("/queue/info", asked);
  }

  async models(asked: Asked = {}): Promise<readonly Model[]> {
    return (await this.http.json<Models>("/models", asked)).models;
  }

  loadModel(name: string): Promise<ModelWish> {
    const ask = { method: "POST", again: true } as const;
    return this.http.json(`/models/${encodeURIComponent(name)}/load`, ask);
  }

  unloadModel(name: string): Promise<ModelWish> {
    const ask = { method: "DELETE", again: true } as const;
    return this.http.json(`/models/${encodeURIComponent(name)}`, ask);
  }
}

function at(jobId: string): string {
  return `/job/${encodeURIComponent(jobId)}`;
}

function submitted(receipt: Receipt): Submitted {
  return {
    jobId: receipt.job_id,
    queuePosition: receipt.queue_position,
    estimatedProcessingTime: receipt.estimated_processing_time,
  };
}

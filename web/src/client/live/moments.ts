/** What happened to a job so far, from its stored events. */

import { NetworkError, ServiceError } from "../errors";
import type { Http } from "../http";
import { carriers } from "./carriers";
import type { Delivery } from "./link";
import { type Moment, reduced, unknownJob } from "./view";

/** Reads the events up to the end of a job that has ended, and up to now of another. */
export function momentsOf(
  http: Http,
  jobId: string,
  signal: AbortSignal | undefined,
): Promise<readonly Moment[]> {
  return new Promise((resolve, reject) => {
    const told: Delivery[] = [];
    const reading = carriers(http, jobId).stream(0, {
      heard({ message }) {
        if (message !== null) told.push({ type: "message", message });
        // Said when nothing more is stored.
        else if (told.length > 0) done();
      },
      lost: () => done(),
      finished: () => done(),
      refused: (code, reason) =>
        reject(
          new ServiceError({
            status: code % 1000,
            code: "job_not_found",
            message: reason,
            requestId: null,
            details: {},
            retryAfter: null,
          }),
        ),
    });
    const done = () => {
      reading.end();
      if (told.length === 0) reject(new NetworkError("the events could not be read"));
      else resolve(reduced(unknownJob(jobId), told).timeline);
    };
    signal?.addEventListener("abort", () => {
      reading.end();
      reject(signal.reason);
    });
  });
}

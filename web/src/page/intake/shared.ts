/**
 * Recordings that other apps share with this one, once it is installed on a phone. The service worker
 * (`public/sw.js`) has put them into a cache; here they go on into the outbox.
 */
import { choice, submitOptions } from "./options/choice";
import { outbox } from "./outbox/here";

const SHARED = "retender.shared";

/** Where the service worker runs, it is asked for anew with each visit, so it is never out of date. */
export async function receiveShared(): Promise<void> {
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  // Browsers have both only over HTTPS, or on localhost.
  if (workers === undefined || !("caches" in globalThis)) return;
  await take().catch(ignored);
  await workers.register("./sw.js", { updateViaCache: "none" }).catch(ignored);
}

/** Each is deleted from the cache only once it is kept in the outbox. */
async function take(): Promise<void> {
  await navigator.locks.request(SHARED, async () => {
    if (!(await caches.has(SHARED))) return;
    const cache = await caches.open(SHARED);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      if (answer === undefined) continue;
      const name = decodeURIComponent(answer.headers.get("File-Name") ?? "");
      const isKept = await outbox.add(await answer.blob(), name, submitOptions(choice.get()));
      if (isKept) await cache.delete(request);
    }
  });
}

/** A private window may have no storage: then nothing can have been shared with it. */
function ignored(): void {}

/** The outbox of this page: one for all views. */
import { browser, realClock } from "../../../client";
import { client } from "../../app/client";
import { keyStore } from "../../keys/key";
import { rememberName } from "../../state/names";
import { Outbox } from "./outbox";
import { draftsIn, openDatabase, shelfIn } from "./shelf";

const database = openDatabase();
export const drafts = draftsIn(database);

const acceptedListeners = new Set<(jobId: string) => void>();

/** Called with each job that comes of a recording that was added here. */
export function onAccepted(listener: (jobId: string) => void): () => void {
  acceptedListeners.add(listener);
  return () => acceptedListeners.delete(listener);
}

export const outbox = new Outbox({
  shelf: shelfIn(database),
  receiver: client,
  clock: realClock,
  surroundings: browser,
  today: Date.now,
  alone,
  accepted({ name }, jobId) {
    rememberName(jobId, name);
    for (const listener of [...acceptedListeners]) listener(jobId);
  },
});

void outbox.open().catch(() => {
  // Without storage (some private windows) recordings live as long as the page.
});

outbox.subscribe(() => {
  const refused = outbox.getSnapshot().some(({ problem }) => problem?.code === "unauthorized");
  if (refused) keyStore.refused();
});

// Who leaves while something is only in memory is asked first.
addEventListener("beforeunload", (event) => {
  if (outbox.getSnapshot().some(({ isKept }) => !isKept)) event.preventDefault();
});

/** Over plain HTTP browsers know no locks: there the idempotency key alone sees to it that two
 * tabs make one job of one recording. */
export async function alone(id: string, work: () => Promise<void>): Promise<void> {
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined) await work();
  else await locks.request(`retender.outbox.${id}`, work);
}

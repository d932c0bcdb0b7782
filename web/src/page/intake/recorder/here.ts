/** The recorder of this page, and what earlier lives of it left unfinished. */
import { newIdempotencyKey } from "../../../client";
import { choice, submitOptions } from "../options/choice";
import { drafts, outbox } from "../outbox/here";
import type { Draft } from "../outbox/shelf";
import { suffixOf } from "./abilities";
import { Recorder } from "./recorder";

const LOCK = "retender.draft.";

export const recorder = new Recorder({
  drafts,
  open: () => navigator.mediaDevices.getUserMedia({ audio: true }),
  record: (stream, type) => new MediaRecorder(stream, type === "" ? {} : { mimeType: type }),
  supports: (type) => MediaRecorder.isTypeSupported(type),
  now: Date.now,
  newId: newIdempotencyKey,
  done: handIn,
  stayAwake,
  hold,
});

// The browser is asked not to clear what is kept here for want of room.
void navigator.storage?.persist?.();

/** Recordings that broke off with the page they were made on go to the outbox. Returns how many. */
export async function recoverDrafts(): Promise<number> {
  let recovered = 0;
  for (const draft of await drafts.all()) {
    await navigator.locks.request(LOCK + draft.id, { ifAvailable: true }, async (lock) => {
      // It is being recorded in another tab.
      if (lock === null) return;
      const whole = await drafts.whole(draft);
      if (whole.size > 0) {
        await handIn(whole, draft, suffixOf(draft.type));
        recovered += 1;
      }
      await drafts.remove(draft.id);
    });
  }
  return recovered;
}

async function handIn(recording: Blob, { startedAt }: Draft, suffix: string): Promise<void> {
  const at = new Date(startedAt);
  const two = (value: number) => `${value}`.padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const name = `${day} ${two(at.getHours())}.${two(at.getMinutes())}.${suffix}`;
  await outbox.add(recording, name, submitOptions(choice.get()));
}

function hold(id: string): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  void navigator.locks.request(LOCK + id, () => held);
  return release;
}

/** The system takes the lock away when the page is hidden: it is asked for again. */
function stayAwake(): () => void {
  let isOver = false;
  let lock: WakeLockSentinel | null = null;
  const take = () => {
    if (isOver || document.visibilityState !== "visible") return;
    navigator.wakeLock?.request("screen").then(
      (taken) => {
        lock = taken;
        if (isOver) void taken.release();
      },
      () => {
        // A battery that is nearly empty: the recording goes on.
      },
    );
  };
  take();
  document.addEventListener("visibilitychange", take);
  return () => {
    isOver = true;
    document.removeEventListener("visibilitychange", take);
    void lock?.release();
  };
}

import { useSyncExternalStore } from "react";
import { outbox } from "./here";
import type { Entry } from "./outbox";

export function useOutbox(): readonly Entry[] {
  return useSyncExternalStore(outbox.subscribe, outbox.getSnapshot, outbox.getSnapshot);
}

import { useSyncExternalStore } from "react";
import { browser } from "../../client";
import { client } from "./client";
import { type ServiceView, ServiceWatch } from "./serviceWatch";

export const service = new ServiceWatch({
  ask: () => client.health(),
  clock: client.http.clock,
  surroundings: browser,
  isVisible: () => document.visibilityState !== "hidden",
});

export function useService(): ServiceView {
  return useSyncExternalStore(service.subscribe, service.getSnapshot, service.getSnapshot);
}

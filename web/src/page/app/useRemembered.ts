import { useSyncExternalStore } from "react";
import type { Remembered } from "./remembered";

export function useRemembered<T>(choice: Remembered<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(choice.subscribe, choice.get, choice.get), choice.set];
}

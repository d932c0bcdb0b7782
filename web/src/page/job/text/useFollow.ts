import { useCallback, useEffect, useState } from "react";
import type { Player } from "../player/player";

export interface Follow {
  readonly isOn: boolean;
  readonly set: (on: boolean) => void;
}

const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"]);

/** Whether the text goes along with the player. Who scrolls while it plays reads something else. */
export function useFollow(player: Player): Follow {
  const [isOn, set] = useState(true);
  useEffect(() => {
    const stop = () => {
      if (player.getSnapshot().isUsed) set(false);
    };
    const key = ({ key, target }: KeyboardEvent) => {
      const isElsewhere =
        target instanceof HTMLElement && target.matches("input, select, textarea");
      if (SCROLLING.has(key) && !isElsewhere) stop();
    };
    const press = ({ clientX }: PointerEvent) => {
      // On the scrollbar.
      if (clientX >= document.documentElement.clientWidth) stop();
    };
    const passive = { passive: true } as const;
    addEventListener("wheel", stop, passive);
    addEventListener("touchmove", stop, passive);
    addEventListener("keydown", key);
    addEventListener("pointerdown", press);
    return () => {
      removeEventListener("wheel", stop);
      removeEventListener("touchmove", stop);
      removeEventListener("keydown", key);
      removeEventListener("pointerdown", press);
    };
  }, [player]);
  return { isOn, set: useCallback((on: boolean) => set(on), []) };
}

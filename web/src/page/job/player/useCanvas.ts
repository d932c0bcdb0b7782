import { type RefObject, useEffect, useState } from "react";

export interface Sheet {
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** The present value of a custom property such as `--accent`. */
  readonly color: (name: string) => string;
}

export type Draw = (context: CanvasRenderingContext2D, sheet: Sheet) => void;

/** Draws anew with another `draw` (keep it with `useCallback`), and when the size or the colours
 * change. */
export function useCanvas(canvas: RefObject<HTMLCanvasElement | null>, draw: Draw): void {
  const [look, changed] = useState(0);
  useEffect(() => {
    const again = () => changed((count) => count + 1);
    const sizes = new ResizeObserver(again);
    if (canvas.current !== null) sizes.observe(canvas.current);
    const themes = new MutationObserver(again);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) =>
      matchMedia(query),
    );
    for (const query of queries) query.addEventListener("change", again);
    return () => {
      sizes.disconnect();
      themes.disconnect();
      for (const query of queries) query.removeEventListener("change", again);
    };
  }, [canvas]);
  useEffect(() => {
    const shown = canvas.current;
    const context = shown?.getContext("2d");
    // `look` counts the changes of size and colours.
    if (shown == null || context == null || look < 0) return;
    const { clientWidth: width, clientHeight: height } = shown;
    const density = devicePixelRatio || 1;
    shown.width = Math.max(1, Math.round(width * density));
    shown.height = Math.max(1, Math.round(height * density));
    context.setTransform(density, 0, 0, density, 0, 0);
    const probe = document.createElement("span");
    probe.hidden = true;
    shown.after(probe);
    const styles = getComputedStyle(probe);
    const color = (name: string) => {
      // `light-dark()` is only worked out where a colour is used.
      probe.style.color = `var(${name})`;
      return styles.color;
    };
    draw(context, { width, height, color });
    probe.remove();
  }, [canvas, draw, look]);
}

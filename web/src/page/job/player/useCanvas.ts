import { type RefObject, useEffect, useRef, useState } from "react";

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
  const colors = useRef({ look, known: new Map<string, string>() });
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
    const size = (length: number) => Math.max(1, Math.round(length * density));
    // To set a size, even the same, makes the canvas anew.
    if (shown.width !== size(width)) shown.width = size(width);
    if (shown.height !== size(height)) shown.height = size(height);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    if (colors.current.look !== look) colors.current = { look, known: new Map() };
    const { known } = colors.current;
    const color = (name: string) => {
      const value = known.get(name) ?? colorOf(shown, name);
      known.set(name, value);
      return value;
    };
    draw(context, { width, height, color });
  }, [canvas, draw, look]);
}

/** `light-dark()` is only worked out where a colour is used. */
function colorOf(canvas: HTMLCanvasElement, name: string): string {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  canvas.after(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

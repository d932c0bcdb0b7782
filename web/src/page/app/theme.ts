import { remembered } from "./remembered";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = remembered<Theme>("theme", "system");

/** Colours are `light-dark()` pairs: which of them counts is the scheme of the document. */
export function applyTheme(): void {
  const chosen = theme.get();
  const { dataset } = document.documentElement;
  if (chosen === "system") delete dataset["theme"];
  else dataset["theme"] = chosen;
}

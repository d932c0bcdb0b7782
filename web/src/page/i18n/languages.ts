import type { Catalogue } from "./catalogue";

/** Each in its own tongue, as it stands in the menu. */
export const LANGUAGES = { es: "Español", en: "English" } as const;
export type Language = keyof typeof LANGUAGES;

const DEFAULT: Language = "es";

const CATALOGUES: Record<Language, () => Promise<{ catalogue: Catalogue }>> = {
  es: () => import("./es"),
  en: () => import("./en"),
};

export async function load(language: Language): Promise<Catalogue> {
  return (await CATALOGUES[language]()).catalogue;
}

/** What was chosen before, else what the browser prefers, else Spanish. */
export function preferred(chosen: string | null, wished: readonly string[]): Language {
  const codes = [chosen, ...wished].map((tag) => tag?.toLowerCase().split("-")[0]);
  return codes.find((code): code is Language => code !== undefined && code in LANGUAGES) ?? DEFAULT;
}

import { useT } from "../i18n/context";
import type { Language } from "../i18n/languages";

/** Where browsers have no name for what Whisper knows. */
const NAMELESS: Readonly<Record<string, Record<Language, string>>> = {
  ba: { es: "baskir", en: "Bashkir" },
  bo: { es: "tibetano", en: "Tibetan" },
};

/** What a language is called in the reader's. */
export function languageName(code: string, reader: Language): string {
  // Whisper's code for Javanese is not the standard's.
  const name = new Intl.DisplayNames(reader, { type: "language" }).of(code === "jw" ? "jv" : code);
  return name === undefined || name === code ? (NAMELESS[code]?.[reader] ?? code) : name;
}

/** What a language is called in the page's; blank: not known yet. */
export function useLanguageName(code: string | null): string {
  const { language } = useT();
  return code === null ? "" : languageName(code, language);
}

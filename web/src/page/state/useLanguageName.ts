import { useT } from "../i18n/context";

/** What a language is called in the page's; blank: not known yet. */
export function useLanguageName(code: string | null): string {
  const { language } = useT();
  if (code === null) return "";
  const names = new Intl.DisplayNames(language, { type: "language" });
  return names.of(code === "jw" ? "jv" : code) ?? code;
}

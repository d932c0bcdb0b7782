import type { ReactNode } from "react";
import type { RetenderClient } from "../../client";
import { RetenderProvider } from "../../hooks";
import type { Catalogue } from "../i18n/catalogue";
import { WordsProvider } from "../i18n/context";
import type { Language } from "../i18n/languages";

/** What every component of the page may use: the service, and words in the chosen language. */
export function Providers({
  client,
  language,
  catalogue,
  children,
}: {
  readonly client: RetenderClient;
  readonly language: Language;
  readonly catalogue: Catalogue;
  readonly children: ReactNode;
}) {
  return (
    <RetenderProvider client={client}>
      <WordsProvider language={language} catalogue={catalogue}>
        {children}
      </WordsProvider>
    </RetenderProvider>
  );
}

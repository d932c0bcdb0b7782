import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { loadPart } from "../app/parts";
import { remembered } from "../app/remembered";
import type { Catalogue, Key } from "./catalogue";
import { type Language, load, preferred } from "./languages";
import { isKey, type Translator, translator } from "./translator";

interface Words {
  readonly t: Translator;
  /** For keys that are put together: null where the catalogue has none. */
  readonly maybe: (key: string, values?: Parameters<Translator>[1]) => string | null;
  readonly language: Language;
  readonly choose: (language: Language) => void;
}

const Context = createContext<Words | null>(null);

const chosen = remembered<string | null>("language", null);

/** Read by the client at every request, for `Accept-Language`. */
export function presentLanguage(): Language {
  return preferred(chosen.get(), navigator.languages);
}

export function WordsProvider({
  language: first,
  catalogue: loaded,
  children,
}: {
  readonly language: Language;
  readonly catalogue: Catalogue;
  readonly children: ReactNode;
}) {
  const [{ language, catalogue }, show] = useState({ language: first, catalogue: loaded });
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const words = useMemo((): Words => {
    const t = translator(language, catalogue);
    return {
      t,
      language,
      maybe: (key, values) => (isKey(catalogue, key) ? t(key as Key, values) : null),
      choose: (wanted) => {
        chosen.set(wanted);
        void loadPart(() => load(wanted), { forever: true }).then((next) =>
          show({ language: wanted, catalogue: next }),
        );
      },
    };
  }, [language, catalogue]);
  return <Context value={words}>{children}</Context>;
}

export function useWords(): Words {
  const words = useContext(Context);
  if (words === null) throw new Error("there is no <WordsProvider> around this component");
  return words;
}

/** `const t = useT(); t("intake.drop", { count })` */
export function useT(): Translator {
  return useWords().t;
}

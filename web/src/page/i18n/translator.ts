import type { Catalogue, Key } from "./catalogue";
import type { Language } from "./languages";
import { format, type Message, parse, type Values } from "./messages";

export interface Translator {
  readonly language: Language;
  (key: Key, values?: Values): string;
}

export function translator(language: Language, catalogue: Catalogue): Translator {
  const parsed = new Map<Key, Message>();
  const translate = (key: Key, values: Values = {}) => {
    const message = parsed.get(key) ?? parse(catalogue[key]);
    parsed.set(key, message);
    return format(message, values, language);
  };
  return Object.assign(translate, { language });
}

/** Whether a key that was put together, such as of an error's code, is one of the catalogue's. */
export function isKey(catalogue: Catalogue, key: string): key is Key {
  return Object.hasOwn(catalogue, key);
}

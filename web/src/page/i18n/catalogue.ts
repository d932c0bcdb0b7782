/**
 * One file for each area and language: `es/` holds the keys, `en/` must have the same ones, which
 * the compiler checks. A message is ICU text; see `messages.ts`.
 */
import type { catalogue as spanish } from "./es";

export type Key = keyof typeof spanish;
export type Catalogue = Readonly<Record<Key, string>>;

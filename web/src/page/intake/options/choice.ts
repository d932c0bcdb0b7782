/** How recordings are to be transcribed: remembered for the next ones. */
import type { OptionsChange, SubmitOptions } from "../../../client";
import { remembered } from "../../app/remembered";
import type { Language } from "../../i18n/languages";
import { languageName } from "../../state/languageNames";

export interface Choice {
  readonly language: string;
  /** Empty: as the service has it. */
  readonly model: string;
  readonly engine: string;
  readonly task: "transcribe" | "translate";
  readonly words: boolean;
  readonly multilingual: boolean;
  readonly prompt: string;
  readonly hotwords: string;
}

export const PLAIN: Choice = {
  language: "auto",
  model: "",
  engine: "auto",
  task: "transcribe",
  words: true,
  multilingual: false,
  prompt: "",
  hotwords: "",
};

const kept = remembered<Partial<Choice>>("options", {});

export const choice = {
  get: (): Choice => ({ ...PLAIN, ...kept.get() }),
  set: kept.set,
};

/** What is as the service has it anyway is left out. */
export function submitOptions(chosen: Choice): SubmitOptions {
  return {
    word_timestamps: chosen.words,
    ...(chosen.language === PLAIN.language ? {} : { language: chosen.language }),
    ...(chosen.model === "" ? {} : { model: chosen.model }),
    ...(chosen.engine === PLAIN.engine ? {} : { engine: chosen.engine }),
    ...(chosen.task === PLAIN.task ? {} : { task: chosen.task }),
    ...(chosen.multilingual ? { multilingual: true } : {}),
    ...(chosen.prompt.trim() === "" ? {} : { prompt: chosen.prompt.trim() }),
    ...(chosen.hotwords.trim() === "" ? {} : { hotwords: chosen.hotwords.trim() }),
  } as SubmitOptions;
}

/** Of what waits already: back to what can be changed. */
export function choiceOf(options: SubmitOptions): Choice {
  const said = options as Record<string, string | boolean | undefined>;
  return {
    language: String(said["language"] ?? PLAIN.language),
    model: String(said["model"] ?? ""),
    engine: String(said["engine"] ?? PLAIN.engine),
    task: said["task"] === "translate" ? "translate" : "transcribe",
    words: said["word_timestamps"] !== false,
    multilingual: said["multilingual"] === true,
    prompt: String(said["prompt"] ?? ""),
    hotwords: String(said["hotwords"] ?? ""),
  };
}

/** Of a job, which has them without those left at their defaults. */
export function choiceOfJob(options: Readonly<Record<string, unknown>>): Choice {
  return choiceOf({ word_timestamps: false, ...options } as SubmitOptions);
}

/** What of it is to be changed in a job that waits: somebody else may change the rest meanwhile. */
export function changedOptions(chosen: Choice, before: Choice): OptionsChange {
  const were = new Map(Object.entries(asked(before)));
  return Object.fromEntries(
    Object.entries(asked(chosen)).filter(([name, value]) => were.get(name) !== value),
  );
}

/** Null is the default's. */
function asked(chosen: Choice): OptionsChange {
  return {
    language: chosen.language,
    model: chosen.model || null,
    engine: chosen.engine as NonNullable<OptionsChange["engine"]>,
    task: chosen.task,
    word_timestamps: chosen.words,
    multilingual: chosen.multilingual,
    prompt: chosen.prompt.trim() || null,
    hotwords: chosen.hotwords.trim() || null,
  };
}

/** Without what the service cannot do (any more): a model that is gone would refuse everything. */
export function availableOf(
  chosen: Choice,
  models: readonly string[] | null,
  engines: readonly string[] | null,
): Choice {
  return {
    ...chosen,
    model: models === null || models.includes(chosen.model) ? chosen.model : PLAIN.model,
    engine: engines === null || engines.includes(chosen.engine) ? chosen.engine : PLAIN.engine,
  };
}

const CODES =
  "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh";

export interface SpokenLanguage {
  readonly code: string;
  readonly name: string;
}

/** The languages that Whisper knows, by their names in the reader's language. `near` are those that
 * the reader is likely to want: the ones that the browser is set to. */
export function spokenLanguages(
  reader: Language,
  wished: readonly string[],
): { readonly near: readonly SpokenLanguage[]; readonly all: readonly SpokenLanguage[] } {
  const named = CODES.split(" ").map((code) => {
    const name = languageName(code, reader);
    return { code, name: name.charAt(0).toLocaleUpperCase(reader) + name.slice(1) };
  });
  const all = named.sort((a, b) => a.name.localeCompare(b.name, reader));
  const codes = new Set(wished.map((tag) => tag.toLowerCase().split("-")[0]));
  return { near: all.filter(({ code }) => codes.has(code)), all };
}

import { useEffect, useMemo, useState } from "react";
import type { Model } from "../../../client";
import { client } from "../../app/client";
import { useService } from "../../app/useService";
import { useWords } from "../../i18n/context";
import { Checkbox, FIELD, Field, Select } from "../../ui/Field";
import { type Choice, type SpokenLanguage, spokenLanguages } from "./choice";

/** Only what this service can do is offered. */
export function OptionsForm({
  chosen,
  choose,
}: {
  readonly chosen: Choice;
  readonly choose: (choice: Choice) => void;
}) {
  const { t, language } = useWords();
  const { near, all } = useMemo(
    () => spokenLanguages(language, [...navigator.languages, language]),
    [language],
  );
  const models = useModels();
  const engines = Object.keys(useService().health?.engines ?? {});
  const set = (change: Partial<Choice>) => choose({ ...chosen, ...change });
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={t("options.language")} hint={t("options.language.hint")}>
        {(ids) => (
          <Select
            {...ids}
            value={chosen.language}
            onChange={({ target }) => set({ language: target.value })}
          >
            <option value="auto">{t("options.language.auto")}</option>
            <LanguageOptions languages={near} />
            <hr />
            <LanguageOptions languages={all.filter((each) => !near.includes(each))} />
          </Select>
        )}
      </Field>
      <Field label={t("options.model")} hint={t("options.model.hint")}>
        {(ids) => (
          <Select
            {...ids}
            value={chosen.model}
            onChange={({ target }) => set({ model: target.value })}
          >
            <option value="">{t("options.model.default", { name: defaultOf(models) })}</option>
            {models.map(({ name, downloaded }) => (
              <option key={name} value={name}>
                {downloaded ? name : t("options.model.absent", { name })}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {engines.length > 1 && (
        <Field label={t("options.engine")} hint={t("options.engine.hint")}>
          {(ids) => (
            <Select
              {...ids}
              value={chosen.engine}
              onChange={({ target }) => set({ engine: target.value })}
            >
              <option value="auto">{t("options.engine.auto")}</option>
              <option value="local">{t("options.engine.local")}</option>
              <option value="groq">{t("options.engine.groq")}</option>
            </Select>
          )}
        </Field>
      )}
      <Field label={t("options.task")}>
        {(ids) => (
          <Select
            {...ids}
            value={chosen.task}
            onChange={({ target }) => set({ task: target.value as Choice["task"] })}
          >
            <option value="transcribe">{t("options.task.transcribe")}</option>
            <option value="translate">{t("options.task.translate")}</option>
          </Select>
        )}
      </Field>
      <Field label={t("options.hotwords")} hint={t("options.hotwords.hint")}>
        {(ids) => (
          <input
            {...ids}
            className={FIELD}
            value={chosen.hotwords}
            maxLength={1000}
            onChange={({ target }) => set({ hotwords: target.value })}
          />
        )}
      </Field>
      <Field label={t("options.prompt")} hint={t("options.prompt.hint")}>
        {(ids) => (
          <input
            {...ids}
            className={FIELD}
            value={chosen.prompt}
            maxLength={1000}
            onChange={({ target }) => set({ prompt: target.value })}
          />
        )}
      </Field>
      <div className="sm:col-span-2">
        <Checkbox
          label={t("options.words")}
          checked={chosen.words}
          onChange={({ target }) => set({ words: target.checked })}
        />
        <Checkbox
          label={t("options.multilingual")}
          checked={chosen.multilingual}
          onChange={({ target }) => set({ multilingual: target.checked })}
        />
      </div>
    </div>
  );
}

function LanguageOptions({ languages }: { readonly languages: readonly SpokenLanguage[] }) {
  return languages.map(({ code, name }) => (
    <option key={code} value={code}>
      {name}
    </option>
  ));
}

function defaultOf(models: readonly Model[]): string {
  return models.find((model) => model.default)?.name ?? "…";
}

function useModels(): readonly Model[] {
  const [models, show] = useState<readonly Model[]>([]);
  useEffect(() => {
    const asking = new AbortController();
    client.models({ signal: asking.signal }).then(show, () => {
      // The default can be chosen without knowing the others.
    });
    return () => asking.abort();
  }, []);
  return models;
}

import { useState, useSyncExternalStore } from "react";
import type { ListedJob } from "../../../client";
import { useRetender } from "../../../hooks";
import { useT } from "../../i18n/context";
import { keyStore } from "../../keys/key";
import { Button } from "../../ui/Button";
import { Tabs } from "../../ui/Tabs";
import { toast } from "../../ui/toasts";
import { copy } from "../copy";
import { type Recipe, snippet, WAYS, type Way } from "./snippets";

/** The same from a program. */
export function CodePanel({
  job,
  name,
  hasWords,
}: {
  readonly job: ListedJob;
  readonly name: string;
  readonly hasWords: boolean;
}) {
  const t = useT();
  const { http } = useRetender();
  const { key } = useSyncExternalStore(keyStore.subscribe, keyStore.getSnapshot);
  const [way, choose] = useState<Way>("curl");
  const recipe: Recipe = {
    baseUrl: http.baseUrl,
    jobId: job.job_id,
    fileName: name,
    options: optionsOf(job, hasWords),
    model: job.model,
    language: job.language,
    needsKey: key !== null,
  };
  const code = snippet(way, recipe);
  return (
    <div className="flex flex-col gap-3 py-3">
      <p className="text-sm text-soft">{t("code.why")}</p>
      <Tabs<Way>
        label={t("code.ways")}
        tabs={WAYS.map((each) => ({ name: each, label: t(`code.way.${each}`) }))}
        chosen={way}
        choose={choose}
      >
        <div className="relative pt-3">
          <div className="absolute end-2 top-5">
            <Button
              icon="copy"
              onClick={() =>
                void copy(code).then((done) => toast(t(done ? "text.copied" : "text.not_copied")))
              }
            >
              {t("text.copy")}
            </Button>
          </div>
          <section
            aria-label={t(`code.way.${way}`)}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            tabIndex={0}
            className="overflow-x-auto rounded-lg border border-line bg-raised p-4 pt-14 sm:pt-4"
          >
            <pre className="text-xs leading-5">
              <code>{code}</code>
            </pre>
          </section>
        </div>
      </Tabs>
    </div>
  );
}

/** Where the service does not tell what was asked for, what came of it says much the same. */
function optionsOf(job: ListedJob, hasWords: boolean): Recipe["options"] {
  if (job.options) {
    const told = Object.entries(job.options as Readonly<Record<string, unknown>>);
    return Object.fromEntries(
      told.flatMap(([name, value]) =>
        (typeof value === "string" && value !== "") ||
        typeof value === "number" ||
        typeof value === "boolean"
          ? [[name, value] as const]
          : [],
      ),
    );
  }
  return {
    ...(job.language === null ? {} : { language: job.language }),
    ...(job.model === null ? {} : { model: job.model }),
    ...(hasWords ? { word_timestamps: true } : {}),
  };
}

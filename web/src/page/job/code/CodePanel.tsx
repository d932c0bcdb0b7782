import { useState, useSyncExternalStore } from "react";
import type { Job } from "../../../client";
import { useRetender } from "../../../hooks";
import { useT } from "../../i18n/context";
import { keyStore } from "../../keys/key";
import { Button } from "../../ui/Button";
import { Tabs } from "../../ui/Tabs";
import { toast } from "../../ui/toasts";
import { copy } from "../copy";
import { type Recipe, snippet, WAYS, type Way } from "./snippets";

/** The same from a program. */
export function CodePanel({ job, name }: { readonly job: Job; readonly name: string }) {
  const t = useT();
  const { http } = useRetender();
  const { key } = useSyncExternalStore(keyStore.subscribe, keyStore.getSnapshot);
  const [way, choose] = useState<Way>("curl");
  const recipe: Recipe = {
    baseUrl: http.baseUrl,
    jobId: job.job_id,
    fileName: name,
    options: job.options ?? {},
    needsKey: key !== null,
    notes: { again: t("code.again"), text: t("code.text") },
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

import { useState } from "react";
import { Countdown } from "../app/Countdown";
import { Lazily } from "../app/Lazily";
import { part } from "../app/parts";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { useProblem } from "../state/useProblem";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { Progress } from "../ui/Progress";
import { saveAs } from "./files";
import { choiceOf, submitOptions } from "./options/choice";
import { outbox } from "./outbox/here";
import type { Entry } from "./outbox/outbox";
import { useOutbox } from "./outbox/useOutbox";

const OptionsDialog = part(async () => (await import("./options/OptionsDialog")).OptionsDialog);

/** What is on its way to the service, and what the service refused. */
export function OutboxList() {
  const t = useT();
  const entries = useOutbox();
  if (entries.length === 0) return null;
  return (
    <section aria-label={t("outbox.title")} className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{t("outbox.title")}</h2>
      <ul className="flex flex-col gap-2">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ul>
    </section>
  );
}

function Row({ entry }: { readonly entry: Entry }) {
  const t = useT();
  const { bytes, percent } = useFormats();
  const [isOpen, open] = useState(false);
  const { id, name, size, sent, state } = entry;
  const part = size === 0 ? null : (sent / size) * 100;
  const download = async () => {
    const recording = await outbox.recording(id);
    if (recording !== null) saveAs(recording, name);
  };
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line bg-raised p-3">
      <div className="flex items-center gap-2">
        <span className={state === "refused" ? "text-danger" : "text-accent"}>
          <Icon name={state === "refused" ? "alert" : "upload"} />
        </span>
        <span className="min-w-0 grow truncate text-sm font-medium" title={name}>
          {name}
        </span>
        <span className="shrink-0 text-xs text-soft tabular-nums">
          {state === "uploading" && part !== null
            ? `${percent(part)} · ${bytes(size)}`
            : size > 0 && bytes(size)}
        </span>
        {state === "refused" && (
          <Button icon="retry" onClick={() => void outbox.retry(id)}>
            {t("outbox.retry")}
          </Button>
        )}
        <Menu
          label={t("outbox.more", { name })}
          icon="more"
          items={[
            { label: t("outbox.options"), icon: "settings", run: () => open(true) },
            ...(entry.url === null
              ? [
                  {
                    label: t("outbox.download"),
                    icon: "download" as const,
                    run: () => void download(),
                  },
                ]
              : []),
            {
              label: t("outbox.remove"),
              icon: "trash",
              danger: true,
              run: () => void outbox.remove(id),
            },
          ]}
        />
      </div>
      {state !== "refused" && (
        <Progress value={state === "uploading" ? part : 0} label={t("outbox.progress", { name })} />
      )}
      <State entry={entry} />
      {isOpen && (
        <Lazily>
          <OptionsDialog
            first={choiceOf(entry.options)}
            hint={t("options.for_this")}
            onClose={() => open(false)}
            onUse={(chosen) => void outbox.change(id, submitOptions(chosen))}
          />
        </Lazily>
      )}
    </li>
  );
}

function State({ entry }: { readonly entry: Entry }) {
  const t = useT();
  const problem = useProblem();
  const { state, isKept, retryAt } = entry;
  const said = entry.problem === null ? null : problem(entry.problem);
  return (
    <div className="text-xs text-soft">
      {said !== null && state !== "uploading" && (
        <p role={state === "refused" ? "alert" : undefined}>
          <span className={state === "refused" ? "text-danger" : "text-warn"}>{said.what}</span>{" "}
          {said.todo} {retryAt !== null && <Countdown to={retryAt} />}
        </p>
      )}
      {said === null && state === "waiting" && <p>{t("outbox.waiting")}</p>}
      {state === "refused" && <p>{t("outbox.kept")}</p>}
      {!isKept && <p className="text-warn">{t("outbox.unkept")}</p>}
    </div>
  );
}

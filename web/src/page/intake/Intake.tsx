import { useRef, useState } from "react";
import { Lazily } from "../app/Lazily";
import { loadPart, part } from "../app/parts";
import { useService } from "../app/useService";
import { useWords } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { languageName } from "../state/languageNames";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { toast } from "../ui/toasts";
import { looksLikeRecording } from "./files";
import { type Choice, choice } from "./options/choice";
import { microphoneTrouble } from "./recorder/abilities";
import { useAdd } from "./useAdd";
import { Where } from "./Where";

const OptionsDialog = part(async () => (await import("./options/OptionsDialog")).OptionsDialog);
const UrlDialog = part(async () => (await import("./UrlDialog")).UrlDialog);

/** The ways in. Small once there is something to see below. */
export function Intake({ isSmall }: { readonly isSmall: boolean }) {
  const { t } = useWords();
  const { bytes } = useFormats();
  const { health } = useService();
  const most = health?.intake?.most_bytes;
  const [open, show] = useState<"options" | "url" | null>(null);
  const [chosen, choose] = useState<Choice>(choice.get);
  return (
    <section
      aria-label={t("intake.title")}
      className="rounded-xl border-2 border-dashed border-line-strong bg-raised"
    >
      <div
        className={`flex flex-col items-center gap-4 px-4 text-center ${isSmall ? "py-5" : "py-10 sm:py-14"}`}
      >
        {!isSmall && (
          <span className="text-accent">
            <Icon name="wave" size={56} />
          </span>
        )}
        <div>
          <h1 className={isSmall ? "text-lg font-semibold" : "text-2xl font-semibold"}>
            {t("intake.title")}
          </h1>
          <p className="mt-1 text-sm text-soft">
            {t("intake.hint", { most: most === undefined ? "none" : bytes(roundedDown(most)) })}
          </p>
        </div>
        <div className="flex flex-wrap items-start justify-center gap-2">
          <Pickers />
          <Microphone />
          {health?.intake?.url && (
            <Button icon="link" onClick={() => show("url")}>
              {t("intake.url")}
            </Button>
          )}
          {!isSmall && <Sample />}
        </div>
        <div className="flex flex-wrap items-center justify-center gap-x-4 gap-y-1 text-sm text-soft">
          <Where engine={chosen.engine} />
          <Button look="quiet" icon="settings" onClick={() => show("options")}>
            <Summary chosen={chosen} />
          </Button>
        </div>
      </div>
      {open === "options" && (
        <Lazily>
          <OptionsDialog
            first={chosen}
            hint={t("options.for_next")}
            onClose={() => show(null)}
            onUse={(next) => {
              choice.set(next);
              choose(next);
            }}
          />
        </Lazily>
      )}
      {open === "url" && (
        <Lazily>
          <UrlDialog onClose={() => show(null)} />
        </Lazily>
      )}
    </section>
  );
}

/** The setting counts in units of 1024: 100 of its megabytes are said to be 100, which is a little less. */
function roundedDown(bytes: number): number {
  return Math.max(1, Math.floor(bytes / 1024 ** 2)) * 1000 ** 2;
}

function Pickers() {
  const { t } = useWords();
  const add = useAdd();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement, keep: (file: File) => boolean) => {
    add([...(input.files ?? [])].filter(keep));
    // The same file can be chosen again.
    input.value = "";
  };
  return (
    <>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-testid="files"
        onChange={({ target }) => take(target, () => true)}
      />
      <input
        ref={(input) => {
          folder.current = input;
          input?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        multiple
        hidden
        onChange={({ target }) => take(target, looksLikeRecording)}
      />
      <Button look="primary" icon="file" onClick={() => files.current?.click()}>
        {t("intake.files")}
      </Button>
      {"webkitdirectory" in HTMLInputElement.prototype && (
        <Button icon="folder" className="max-sm:hidden" onClick={() => folder.current?.click()}>
          {t("intake.folder")}
        </Button>
      )}
    </>
  );
}

function Microphone() {
  const { t } = useWords();
  const trouble = microphoneTrouble();
  const [isStarting, tell] = useState(false);
  const start = async () => {
    tell(true);
    try {
      const { recorder } = await loadPart(() => import("./recorder/here"));
      await recorder.start();
    } catch {
      // The recorder tells its own troubles: this is that it could not be loaded.
      const action = { label: t("shell.reload"), run: () => location.reload() };
      toast(t("shell.broken"), { kind: "failed", action });
    } finally {
      tell(false);
    }
  };
  return (
    <span className="flex flex-col items-center">
      <Button
        icon="mic"
        disabled={trouble !== null || isStarting}
        aria-describedby={trouble === null ? undefined : "microphone-trouble"}
        onClick={() => void start()}
      >
        {t("intake.record")}
      </Button>
      {trouble !== null && (
        <span id="microphone-trouble" className="mt-1 max-w-56 text-xs text-soft">
          {t(`recorder.${trouble}`)}
        </span>
      )}
    </span>
  );
}

function Sample() {
  const { t, language } = useWords();
  const add = useAdd();
  const [isLoading, tell] = useState(false);
  const load = async () => {
    tell(true);
    try {
      const answer = await fetch(`page/sample-${language}.ogg`);
      if (!answer.ok) throw new TypeError("there is no sample");
      add([new File([await answer.blob()], t("intake.sample.name"), { type: "audio/ogg" })]);
    } catch {
      toast(t("error.network"), { kind: "failed" });
      announce(t("error.network"));
    } finally {
      tell(false);
    }
  };
  return (
    <span className="flex flex-col items-center">
      <Button
        look="quiet"
        icon="play"
        disabled={isLoading}
        aria-describedby="what-sample"
        onClick={() => void load()}
      >
        {t("intake.sample")}
      </Button>
      <span id="what-sample" className="text-xs text-soft">
        {t("intake.sample.what")}
      </span>
    </span>
  );
}

function Summary({ chosen }: { readonly chosen: Choice }) {
  const { t, language } = useWords();
  const parts = [
    chosen.language === "auto"
      ? t("options.language.auto")
      : languageName(chosen.language, language),
    chosen.model,
    chosen.task === "translate" ? t("options.task.translate") : "",
  ].filter(Boolean);
  return (
    <span className="whitespace-normal">
      {t("options.title")}: {parts.join(" · ")}
    </span>
  );
}

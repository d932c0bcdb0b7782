import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { useT } from "../../i18n/context";
import { clock } from "../../i18n/formats";
import { Button } from "../../ui/Button";
import { toast } from "../../ui/toasts";
import { recorder, recoverDrafts } from "./here";

/** While something is recorded, at the foot of every view. */
export function RecorderBar() {
  const t = useT();
  const state = useSyncExternalStore(recorder.subscribe, recorder.getSnapshot);
  useRecovery();
  switch (state.name) {
    case "idle":
      return null;
    case "asking":
      return <Bar>{t("recorder.asking")}</Bar>;
    case "saving":
      return <Bar>{t("recorder.saving")}</Bar>;
    case "failed":
      return (
        <Bar>
          <span role="alert">{t(`recorder.${state.why}`)}</span>
          <Button onClick={() => recorder.dismiss()}>{t("shell.close")}</Button>
        </Bar>
      );
    case "recording":
    case "paused":
      return (
        <Bar>
          <span
            aria-hidden="true"
            className={`size-3 rounded-full ${state.name === "recording" ? "animate-pulse bg-danger" : "bg-soft"}`}
          />
          <span role="status" className="sr-only">
            {t(`recorder.${state.name}`)}
          </span>
          <Elapsed />
          {state.name === "recording" ? (
            <Button icon="pause" onClick={() => recorder.pause()}>
              {t("recorder.pause")}
            </Button>
          ) : (
            <Button icon="mic" onClick={() => recorder.resume()}>
              {t("recorder.resume")}
            </Button>
          )}
          <Button look="primary" icon="stop" onClick={() => void recorder.stop()}>
            {t("recorder.stop")}
          </Button>
          <Discard />
        </Bar>
      );
  }
}

function Bar({ children }: { readonly children: ReactNode }) {
  return (
    <div className="sticky bottom-0 z-10 border-t border-line bg-raised shadow-lg">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-3 px-4 py-3 text-sm sm:px-6">
        {children}
      </div>
    </div>
  );
}

function Elapsed() {
  const [seconds, tick] = useState(() => recorder.seconds());
  useEffect(() => {
    const timer = setInterval(() => tick(recorder.seconds()), 250);
    return () => clearInterval(timer);
  }, []);
  return (
    <span data-testid="recorded" className="min-w-14 font-mono text-base tabular-nums">
      {clock(seconds)}
    </span>
  );
}

/** It asks once more in place: what is thrown away here is nowhere else. */
function Discard() {
  const t = useT();
  const [isSure, ask] = useState(false);
  return isSure ? (
    <Button look="danger" icon="trash" onClick={() => void recorder.discard()}>
      {t("recorder.discard.sure")}
    </Button>
  ) : (
    <Button look="quiet" icon="trash" onClick={() => ask(true)}>
      {t("recorder.discard")}
    </Button>
  );
}

function useRecovery(): void {
  const t = useT();
  useEffect(() => {
    recoverDrafts().then(
      (count) => {
        if (count > 0) toast(t("recorder.recovered", { count }));
      },
      () => {
        // No storage, nothing to recover.
      },
    );
  }, [t]);
}

import type { Model } from "../../client";
import { client } from "../app/client";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { useProblem } from "../state/useProblem";
import { Button } from "../ui/Button";
import { toast } from "../ui/toasts";
import { Panel } from "./Panel";
import { useLooking } from "./useLooking";

const read = (signal: AbortSignal) => client.models({ signal });

/** Those in memory and on disk first; the rest on demand. */
export function Models() {
  const t = useT();
  const problem = useProblem();
  const { value, again } = useLooking(read);
  if (value === null) return null;
  const isNear = ({ default: usual, downloaded, workers }: Model) =>
    usual || downloaded || workers.length > 0;
  const wish = async (act: () => Promise<unknown>, said: string) => {
    try {
      await act();
      toast(said);
    } catch (error) {
      const { what, todo } = problem(error);
      toast(`${what} ${todo}`, { kind: "failed" });
    }
    await again();
  };
  const row = (model: Model) => <Row key={model.name} model={model} wish={wish} />;
  const far = value.filter((model) => !isNear(model));
  return (
    <Panel title={t("service.models")}>
      <ul className="flex flex-col gap-2">{value.filter(isNear).map(row)}</ul>
      {far.length > 0 && (
        <details>
          <summary className="min-h-8 cursor-pointer text-sm text-accent">
            {t("service.models.others", { count: far.length })}
          </summary>
          <ul className="mt-2 flex flex-col gap-2">{far.map(row)}</ul>
        </details>
      )}
    </Panel>
  );
}

function Row({
  model,
  wish,
}: {
  readonly model: Model;
  readonly wish: (act: () => Promise<unknown>, said: string) => Promise<void>;
}) {
  const t = useT();
  const { bytes, number } = useFormats();
  const { name, loaded, downloaded, disk_bytes, million_parameters, workers } = model;
  const memory = workers.reduce((sum, { memory_bytes }) => sum + memory_bytes, 0);
  const trouble = workers.find((worker) => worker.trouble !== null)?.trouble;
  const percent = workers.find((worker) => worker.percent !== null)?.percent;
  const parts = [
    model.default ? t("service.models.default") : "",
    loaded ? t("service.models.loaded", { memory: bytes(memory) }) : "",
    percent == null ? "" : t("service.models.downloading", { percent: number(percent) }),
    downloaded ? t("service.models.disk", { size: bytes(disk_bytes) }) : "",
    million_parameters === null
      ? ""
      : t("service.models.parameters", { millions: number(million_parameters) }),
  ];
  return (
    <li className="flex items-center gap-3">
      <div className="min-w-0 grow">
        <p className="truncate text-sm font-medium">{name}</p>
        <p className="text-xs text-soft">{parts.filter((part) => part !== "").join(" · ")}</p>
        {trouble && <p className="text-xs text-warn">{trouble}</p>}
      </div>
      {loaded ? (
        <Button
          aria-label={t("service.models.unload.one", { name })}
          onClick={() =>
            void wish(() => client.unloadModel(name), t("service.models.unloading", { name }))
          }
        >
          {t("service.models.unload")}
        </Button>
      ) : (
        <Button
          aria-label={t("service.models.load.one", { name })}
          onClick={() =>
            void wish(() => client.loadModel(name), t("service.models.loading", { name }))
          }
        >
          {downloaded ? t("service.models.load") : t("service.models.download")}
        </Button>
      )}
    </li>
  );
}

import { useT } from "../i18n/context";
import { actorsIn, type Figures as Said } from "./figures";
import { Panel } from "./Panel";

const INDENT = ["", "ps-4", "ps-8"] as const;

/** Who works in the service, below its supervisor, and how often it was begun anew. */
export function Actors({ figures }: { readonly figures: Said | null }) {
  const t = useT();
  const actors = figures === null ? [] : actorsIn(figures);
  if (actors.length === 0) return null;
  return (
    <Panel title={t("service.actors")}>
      <table className="w-full text-sm">
        <thead className="text-xs text-soft">
          <tr>
            <th className="text-start font-normal">{t("service.actors.name")}</th>
            <th className="text-start font-normal">{t("service.actors.state")}</th>
            <th className="text-end font-normal">{t("service.actors.restarts")}</th>
          </tr>
        </thead>
        <tbody>
          {actors.map(({ name, depth, isRunning, restarts }) => (
            <tr key={name}>
              <td className={`py-0.5 font-mono text-xs ${INDENT[depth] ?? ""}`}>{name}</td>
              <td className={isRunning ? "text-good" : "text-danger"}>
                {isRunning ? t("service.actors.running") : t("service.actors.stopped")}
              </td>
              <td className={`text-end tabular-nums ${restarts > 0 ? "text-warn" : ""}`}>
                {restarts}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

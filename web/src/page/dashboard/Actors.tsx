import { client } from "../app/client";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { Panel } from "./Panel";
import { useLooking } from "./useLooking";

const INDENT = ["", "ps-4", "ps-8"] as const;

const read = (signal: AbortSignal) => client.actors({ signal });

/** Who works in the service, below its supervisor, how often it was begun anew, and why. */
export function Actors() {
  const t = useT();
  const { moment } = useFormats();
  const { value } = useLooking(read);
  if (value === null) return null;
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
          {value.map(({ name, depth, state, restarts, cause, since }) => (
            <tr key={name} className="align-top">
              <td className={`py-0.5 font-mono text-xs ${INDENT[depth] ?? "ps-8"}`}>
                {name}
                {cause !== null && (
                  <p lang="en" className="font-sans break-words text-soft">
                    {moment(since)} {cause}
                  </p>
                )}
              </td>
              <td className={state === "running" ? "text-good" : "text-danger"}>
                {state === "running" ? t("service.actors.running") : t("service.actors.stopped")}
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

import { useEffect } from "react";
import type { Health } from "../../client";
import { client } from "../app/client";
import { troublesOf } from "../app/troubles";
import { service, useService } from "../app/useService";
import { useT } from "../i18n/context";
import { useFormats } from "../i18n/formats";
import { useProblem } from "../state/useProblem";
import { Icon } from "../ui/Icon";
import { Actors } from "./Actors";
import { DeadLetters } from "./DeadLetters";
import { figuresIn } from "./figures";
import { Models } from "./Models";
import { Panel } from "./Panel";
import { Throughput } from "./Throughput";
import { useLooking } from "./useLooking";
import { Waiting } from "./Waiting";

const readFigures = async (signal: AbortSignal) =>
  figuresIn(await (await client.http.answer("/metrics", { signal })).text());

/** How the service is, in words first and in figures then. */
export function Dashboard() {
  const t = useT();
  const figures = useLooking(readFigures);
  const problem = useProblem();
  useEffect(() => void service.askNow(), []);
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">{t("shell.service")}</h1>
      <State />
      <div className="grid gap-4 lg:grid-cols-2">
        <Waiting figures={figures.value} />
        <Throughput figures={figures.value} />
        <Models />
        <Actors />
      </div>
      {figures.error !== null && (
        <p className="text-sm text-soft">
          {t("service.no_figures")} {problem(figures.error).what}
        </p>
      )}
      <DeadLetters />
    </div>
  );
}

function State() {
  const t = useT();
  const { health, phase } = useService();
  const { duration } = useFormats();
  if (health === null || phase !== "reachable") return null;
  const isWell = health.status === "healthy";
  return (
    <Panel title={t("service.state")}>
      <p className={`flex items-center gap-2 ${isWell ? "text-good" : "text-warn"}`}>
        <Icon name={isWell ? "check" : "alert"} />
        {t(`service.state.${health.status}`)}
      </p>
      {troublesOf(health).map((trouble) => (
        <p key={trouble} className="text-sm">
          {t(`connection.trouble.${trouble}`)}
        </p>
      ))}
      {health.reason && (
        <p lang="en" className="text-xs text-soft">
          {health.reason}
        </p>
      )}
      <Engines health={health} />
      <p className="text-xs text-soft">
        {t("service.about", {
          version: health.version ?? "?",
          profile: health.profile ?? "?",
          uptime: duration(health.uptime ?? 0),
        })}
      </p>
    </Panel>
  );
}

function Engines({ health }: { readonly health: Health }) {
  const t = useT();
  return (
    <ul className="flex flex-col gap-1 text-sm">
      {Object.entries(health.engines ?? {}).map(([name, { ready, workers, limits }]) => (
        <li key={name} className="flex items-center gap-2">
          <Icon name={name === "groq" ? "cloud" : "monitor"} size={16} />
          <span className="min-w-0">
            {name === "groq" ? t("where.groq") : t("where.local")}:{" "}
            {ready ? t("service.engine.ready", { workers }) : t("service.engine.not_ready")}
            {Object.entries(limits ?? {}).map(([model, left]) => (
              <Left key={model} model={model} left={left} />
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Of a model's limits. */
function Left({ model, left }: { readonly model: string; readonly left: Limits }) {
  const t = useT();
  const { duration, number, time } = useFormats();
  const { audio_seconds_left_today: audio, audio_seconds_per_day: aDay, full_until: until } = left;
  return (
    <span className="block text-xs text-soft">
      {t("service.engine.left", {
        model,
        audio: duration(audio),
        day: duration(aDay),
        requests: number(left.requests_left_today),
      })}
      {until !== null && ` ${t("service.engine.full", { until: time(new Date(until)) })}`}
    </span>
  );
}

type Limits = NonNullable<NonNullable<Health["engines"]>[string]["limits"]>[string];

import { useService } from "../app/useService";
import { useT } from "../i18n/context";
import { Icon } from "../ui/Icon";

/** Whether a recording leaves the machine: by what is chosen, and by what there is. */
export function Where({ engine }: { readonly engine: string }) {
  const t = useT();
  const engines = Object.keys(useService().health?.engines ?? {});
  const where = whereFor(engine, engines);
  if (where === null) return null;
  return (
    <span className="inline-flex items-center gap-1.5 text-sm text-soft">
      <Icon name={where === "local" ? "monitor" : "cloud"} size={16} />
      {t(`where.${where}`)}
    </span>
  );
}

export function whereFor(
  engine: string,
  engines: readonly string[],
): "local" | "groq" | "either" | null {
  if (engine === "local" || engine === "groq") return engine;
  if (engines.length === 0) return null;
  if (!engines.includes("groq")) return "local";
  return engines.length === 1 ? "groq" : "either";
}

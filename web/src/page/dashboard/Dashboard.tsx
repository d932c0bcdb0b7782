import { useT } from "../i18n/context";

export function Dashboard() {
  const t = useT();
  return <h1 className="text-xl font-semibold">{t("shell.service")}</h1>;
}

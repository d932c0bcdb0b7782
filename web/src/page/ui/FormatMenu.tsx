import type { ResultFormat } from "../../client";
import { useT } from "../i18n/context";
import { FORMATS } from "../state/exportFormats";
import { Menu } from "./Menu";

/** A button that offers the formats of a text. */
export function FormatMenu({
  label,
  run,
}: {
  readonly label: string;
  readonly run: (format: ResultFormat) => void;
}) {
  const t = useT();
  return (
    <Menu
      label={label}
      icon="download"
      shown={label}
      className="border border-line-strong bg-raised px-3 font-medium text-ink!"
      items={FORMATS.map((format) => ({
        label: t(`export.${format}`),
        icon: "download",
        run: () => run(format),
      }))}
    />
  );
}

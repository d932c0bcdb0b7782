import { type ResultFormat, RetenderError } from "../../../client";
import { useRetender } from "../../../hooks";
import { useT } from "../../i18n/context";
import { saveAs } from "../../intake/files";
import { FORMATS } from "../../state/exportFormats";
import { useProblem } from "../../state/useProblem";
import { Menu } from "../../ui/Menu";
import { toast } from "../../ui/toasts";

/** As files, with the edits: what is not stored yet is stored first. */
export function ExportMenu({
  jobId,
  name,
  storeFirst,
}: {
  readonly jobId: string;
  readonly name: string;
  readonly storeFirst: () => Promise<void>;
}) {
  const t = useT();
  const client = useRetender();
  const problem = useProblem();
  const download = async (format: ResultFormat) => {
    try {
      await storeFirst();
      const content = await client.download(jobId, format);
      saveAs(content, `${name.replace(/\.[^.]{1,5}$/, "")}.${format}`);
    } catch (error) {
      if (!(error instanceof RetenderError)) throw error;
      const { what, todo } = problem(error);
      toast(`${what} ${todo}`, { kind: "failed" });
    }
  };
  return (
    <Menu
      label={t("export.title")}
      icon="download"
      shown={t("export.title")}
      className="border border-line-strong bg-raised px-3 font-medium text-ink!"
      items={FORMATS.map((format) => ({
        label: t(`export.${format}`),
        icon: "download",
        run: () => void download(format),
      }))}
    />
  );
}

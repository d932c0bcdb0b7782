import { type ResultFormat, RetenderError } from "../../../client";
import { useRetender } from "../../../hooks";
import { useT } from "../../i18n/context";
import { saveAs } from "../../intake/files";
import { useProblem } from "../../state/useProblem";
import { FormatMenu } from "../../ui/FormatMenu";
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
  return <FormatMenu label={t("export.title")} run={(format) => void download(format)} />;
}

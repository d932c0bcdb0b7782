import { useEffect } from "react";
import { useT } from "../../i18n/context";
import { useProblem } from "../../state/useProblem";
import { announce } from "../../ui/announce";
import { Icon } from "../../ui/Icon";
import type { EditorView } from "./editor";

/** Whether the edits are safe. Only trouble is read aloud. */
export function SavingNote({ view }: { readonly view: EditorView }) {
  const t = useT();
  const problem = useProblem();
  const { saving, version } = view;
  const isTrouble = saving === "kept" || saving === "refused";
  const said = t(`edit.saving.${saving}`);
  useEffect(() => {
    if (isTrouble) announce(said);
  }, [isTrouble, said]);
  if (saving === "stored" && version === 0) return null;
  const why = saving === "refused" && view.problem !== null ? problem(view.problem).what : "";
  return (
    <span
      className={`inline-flex items-center gap-1.5 text-xs ${isTrouble ? "text-warn" : "text-soft"}`}
    >
      {(isTrouble || saving === "stored") && (
        <Icon name={isTrouble ? "alert" : "check"} size={16} />
      )}
      {said} {why}
    </span>
  );
}

import { useT } from "../../i18n/context";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Changes } from "./Changes";
import type { Editor, EditorView } from "./editor";

/** Another has stored edits meanwhile: both are shown, and one decides. */
export function ConflictDialog({
  editor,
  view,
}: {
  readonly editor: Editor;
  readonly view: EditorView;
}) {
  const t = useT();
  const { conflict, segments } = view;
  if (conflict === null || segments === null) return null;
  return (
    // It cannot be put off: until somebody decides, nothing more is stored.
    <Dialog title={t("edit.conflict")} onClose={() => {}}>
      <p className="mb-3 text-sm">{t("edit.conflict.text")}</p>
      <div className="mb-4 max-h-64 overflow-y-auto rounded-md border border-line p-3">
        <Changes original={conflict.segments} present={segments} />
      </div>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={editor.takeTheirs}>{t("edit.conflict.theirs")}</Button>
        <Button look="primary" onClick={editor.keepMine}>
          {t("edit.conflict.mine")}
        </Button>
      </div>
    </Dialog>
  );
}

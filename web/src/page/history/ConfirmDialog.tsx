import { useT } from "../i18n/context";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

export function ConfirmDialog({
  title,
  text,
  action,
  onSure,
  onClose,
}: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onSure: () => void;
  readonly onClose: () => void;
}) {
  const t = useT();
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="mb-5 text-sm">{text}</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("history.keep")}</Button>
        <Button
          look="danger"
          icon="trash"
          onClick={() => {
            onClose();
            onSure();
          }}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}

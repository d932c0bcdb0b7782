import { useState } from "react";
import { useT } from "../../i18n/context";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import type { Choice } from "./choice";
import { OptionsForm } from "./OptionsForm";

export function OptionsDialog({
  first,
  hint,
  onUse,
  onClose,
}: {
  readonly first: Choice;
  readonly hint: string;
  readonly onUse: (chosen: Choice) => void;
  readonly onClose: () => void;
}) {
  const t = useT();
  const [chosen, choose] = useState(first);
  return (
    <Dialog title={t("options.title")} onClose={onClose}>
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          onUse(chosen);
          onClose();
        }}
      >
        <p className="text-sm text-soft">{hint}</p>
        <OptionsForm chosen={chosen} choose={choose} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("options.cancel")}</Button>
          <Button look="primary" type="submit">
            {t("options.use")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

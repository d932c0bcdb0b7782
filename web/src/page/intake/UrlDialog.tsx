import { useState } from "react";
import { useT } from "../i18n/context";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { FIELD, Field } from "../ui/Field";
import { addressIn } from "./files";
import { choice, submitOptions } from "./options/choice";
import { outbox } from "./outbox/here";

export function UrlDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const [text, write] = useState("");
  const [isWrong, tell] = useState(false);
  return (
    <Dialog title={t("intake.url")} onClose={onClose}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const url = addressIn(text);
          tell(url === null);
          if (url === null) return;
          void outbox.addUrl(url, submitOptions(choice.get()));
          onClose();
        }}
      >
        <Field label={t("intake.url.field")} hint={t("intake.url.hint")}>
          {(ids) => (
            <input
              {...ids}
              type="url"
              className={FIELD}
              placeholder="https://"
              value={text}
              aria-invalid={isWrong}
              onChange={({ target }) => write(target.value)}
            />
          )}
        </Field>
        {isWrong && (
          <p role="alert" className="text-sm text-danger">
            {t("intake.url.wrong")}
          </p>
        )}
        <div className="flex justify-end">
          <Button look="primary" type="submit">
            {t("intake.url.go")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

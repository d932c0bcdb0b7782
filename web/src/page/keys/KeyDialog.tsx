import { useState, useSyncExternalStore } from "react";
import { useT } from "../i18n/context";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Checkbox, FIELD, Field } from "../ui/Field";
import { keyStore } from "./key";

export function KeyDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const { key, wanted } = useSyncExternalStore(keyStore.subscribe, keyStore.getSnapshot);
  const [text, write] = useState("");
  const [lasting, last] = useState(false);
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const entered = text.trim();
          if (entered === "") return;
          keyStore.use(entered, lasting);
          onClose();
          // All that was asked for without the key is asked for anew.
          location.reload();
        }}
      >
        <p className="text-sm text-soft">{t("keys.why")}</p>
        {wanted && key !== null && (
          <p role="alert" className="text-sm text-danger">
            {t("keys.refused")}
          </p>
        )}
        <Field label={t("keys.field")} hint={t("keys.hint")}>
          {(ids) => (
            <input
              {...ids}
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              className={FIELD}
              value={text}
              onChange={({ target }) => write(target.value)}
            />
          )}
        </Field>
        <div>
          <Checkbox
            label={t("keys.lasting")}
            checked={lasting}
            onChange={({ target }) => last(target.checked)}
          />
          <p className="ms-6 text-xs text-soft">{t("keys.lasting.hint")}</p>
        </div>
        <div className="flex justify-end gap-2">
          {key !== null && (
            <Button
              look="danger"
              onClick={() => {
                keyStore.forget();
                location.reload();
              }}
            >
              {t("keys.forget")}
            </Button>
          )}
          <Button look="primary" type="submit">
            {t("keys.use")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { useSyncExternalStore } from "react";
import { useT } from "../i18n/context";
import { Button } from "./Button";
import { IconButton } from "./IconButton";
import { dismiss, onToasts, shownToasts } from "./toasts";

export function Toasts() {
  const t = useT();
  const toasts = useSyncExternalStore(onToasts, shownToasts);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-[var(--room-below,0px)] z-20 flex flex-col items-center gap-2 p-4"
    >
      {toasts.map(({ id, kind, text, action }) => (
        <div
          key={id}
          className={`pointer-events-auto flex max-w-lg items-center gap-2 rounded-lg border bg-raised py-1 ps-4 pe-1 text-sm shadow-lg ${
            kind === "failed" ? "border-danger" : "border-line"
          }`}
        >
          <p>{text}</p>
          {action && (
            <Button
              look="quiet"
              onClick={() => {
                dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton icon="close" label={t("shell.dismiss")} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}

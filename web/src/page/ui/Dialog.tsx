import { type ReactNode, useEffect, useId, useRef } from "react";
import { useT } from "../i18n/context";
import { IconButton } from "./IconButton";

/** The browser's own modal dialog: it holds the focus, gives it back, and closes with Escape. A
 * click beside it does nothing: what was entered is not lost by a slip. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // Not the cross in the corner, which the browser would take as the first.
    body.current?.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      className="m-auto w-[min(32rem,calc(100vw-2rem))] rounded-xl border border-line bg-raised p-5 text-ink shadow-xl"
      onCancel={(event) => {
        // An inner file picker cancels too, and means itself.
        if (event.target !== dialog.current) return;
        event.preventDefault();
        onClose();
      }}
    >
      <header className="mb-3 flex items-center justify-between gap-4">
        <h2 id={heading} className="text-lg font-semibold">
          {title}
        </h2>
        <IconButton icon="close" label={t("shell.close")} onClick={onClose} />
      </header>
      <div ref={body}>{children}</div>
    </dialog>
  );
}

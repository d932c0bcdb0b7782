import { useEffect, useState } from "react";
import { useService } from "../app/useService";
import { useT } from "../i18n/context";
import { Icon } from "../ui/Icon";
import { addressIn, filesIn } from "./files";
import { choice, submitOptions } from "./options/choice";
import { outbox } from "./outbox/here";
import { useAdd } from "./useAdd";

/** The whole page takes what is dropped on it, and what is pasted outside fields. */
export function DropZone() {
  const t = useT();
  const add = useAdd();
  const takesUrls = useService().health?.intake?.url === true;
  const isOver = useDrop(add);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const data = event.clipboardData;
      if (data === null || isField(event.target)) return;
      const files = [...data.files];
      const url = takesUrls ? addressIn(data.getData("text/plain")) : null;
      if (files.length > 0) add(files);
      else if (url !== null) void outbox.addUrl(url, submitOptions(choice.get()));
      else return;
      event.preventDefault();
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [add, takesUrls]);
  if (!isOver) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-40 p-3">
      <div className="flex size-full flex-col items-center justify-center gap-3 rounded-2xl border-4 border-dashed border-accent bg-accent-soft/95 text-xl font-semibold">
        <Icon name="upload" size={48} />
        {t("intake.let_go")}
      </div>
    </div>
  );
}

function useDrop(add: (files: readonly File[]) => void): boolean {
  const [isOver, tell] = useState(false);
  useEffect(() => {
    // Each element below is entered and left on its own.
    let depth = 0;
    const set = (next: number) => {
      depth = Math.max(0, next);
      tell(depth > 0);
    };
    const enter = (event: DragEvent) => {
      if (hasFiles(event)) set(depth + 1);
    };
    const leave = (event: DragEvent) => {
      if (hasFiles(event)) set(depth - 1);
    };
    const over = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (event.dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      set(0);
      void filesIn(event.dataTransfer).then(add);
    };
    const handlers = { dragenter: enter, dragleave: leave, dragover: over, drop } as const;
    for (const [name, run] of Object.entries(handlers)) {
      addEventListener(name, run as EventListener);
    }
    return () => {
      for (const [name, run] of Object.entries(handlers)) {
        removeEventListener(name, run as EventListener);
      }
    };
  }, [add]);
  return isOver;
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

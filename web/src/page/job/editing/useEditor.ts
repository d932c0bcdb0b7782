import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { JobStatus } from "../../../client";
import { useRetender } from "../../../hooks";
import { draftsHere } from "./drafts";
import { Editor, type EditorView } from "./editor";

const drafts = draftsHere();

export interface Editing {
  readonly editor: Editor;
  readonly view: EditorView;
}

/** A text can be edited once its job is completed: until then it grows. */
export function useEditor(jobId: string, status: JobStatus): Editing {
  const client = useRetender();
  const [turn, again] = useState(0);
  const editor = useMemo(
    () => new Editor(jobId, client, drafts, client.http.clock),
    [client, jobId],
  );
  const isWhole = status === "completed";
  useEffect(() => {
    if (!isWhole || turn < 0) return;
    let isGone = false;
    const reload = () => again((count) => count + 1);
    void editor.load().then((isLoaded) => {
      if (!isLoaded && !isGone) addEventListener("online", reload, { once: true });
    });
    const hidden = () => {
      if (document.visibilityState === "hidden") void editor.storeNow();
    };
    document.addEventListener("visibilitychange", hidden);
    return () => {
      isGone = true;
      removeEventListener("online", reload);
      document.removeEventListener("visibilitychange", hidden);
      editor.leave();
    };
  }, [editor, isWhole, turn]);
  const view = useSyncExternalStore(editor.subscribe, editor.getSnapshot);
  return useMemo(() => ({ editor, view }), [editor, view]);
}

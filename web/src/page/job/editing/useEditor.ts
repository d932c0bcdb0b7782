import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { isFinished, type JobStatus } from "../../../client";
import { useRetender } from "../../../hooks";
import { draftsHere } from "./drafts";
import { Editor, type EditorView } from "./editor";

const drafts = draftsHere();

export interface Editing {
  readonly editor: Editor;
  readonly view: EditorView;
}

/** A job's text can be edited once it has ended: until then it grows. */
export function useEditor(jobId: string, status: JobStatus): Editing {
  const client = useRetender();
  const [turn, again] = useState(0);
  const editor = useMemo(
    () => new Editor(jobId, client, drafts, client.http.clock),
    [client, jobId],
  );
  const hasEnded = isFinished(status);
  useEffect(() => {
    if (!hasEnded || turn < 0) return;
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
  }, [editor, hasEnded, turn]);
  const view = useSyncExternalStore(editor.subscribe, editor.getSnapshot);
  return useMemo(() => ({ editor, view }), [editor, view]);
}

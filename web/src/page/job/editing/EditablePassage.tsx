import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef } from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { clock } from "../../i18n/formats";
import type { Player } from "../player/player";
import { caretIn, offsetAt, putCaret } from "../text/caret";
import type { Marks, Stretch } from "../text/marks";
import { PASSAGE, TimeButton, useMarks } from "../text/Passage";
import type { Editor } from "./editor";
import { joinWithFormer, joinWithNext, split, write } from "./operations";

export const EditablePassage = memo(function EditablePassage(props: {
  readonly segment: Segment;
  readonly found: readonly Stretch[];
  readonly chosen: Stretch | null;
  readonly player: Player;
  readonly marks: Marks;
  readonly editor: Editor;
}) {
  const { segment, player } = props;
  return (
    <div className="grid grid-cols-[3.25rem_minmax(0,1fr)]">
      <TimeButton seconds={segment.start} player={player} />
      <EditableText {...props} />
    </div>
  );
});

/** The text of a segment, to be written in. The browser writes; what is there then is taken over. */
export function EditableText({
  segment,
  found,
  chosen,
  marks,
  editor,
  isMultiline = false,
}: {
  readonly segment: Segment;
  readonly found: readonly Stretch[];
  readonly chosen: Stretch | null;
  readonly marks: Marks;
  readonly editor: Editor;
  /** Shift+Enter breaks the line. */
  readonly isMultiline?: boolean;
}) {
  const t = useT();
  const field = useRef<HTMLDivElement>(null);
  const { id, text } = segment;
  useLayoutEffect(() => {
    const shown = field.current;
    if (shown === null) return;
    // Whatever the browser has made of it becomes one text node again.
    if (shown.textContent === text && shown.childNodes.length <= 1) return;
    const caret = document.activeElement === shown ? caretIn(shown) : null;
    shown.textContent = text;
    if (caret !== null) putCaret(shown, caret);
  }, [text]);
  useMarks(field, segment, found, chosen, marks);
  useWishedCaret(field, id, editor);
  useEffect(() => {
    const shown = field.current;
    // The browser's own undoing knows nothing of splits and joins.
    const before = (event: InputEvent) => {
      const undoes = { historyUndo: editor.undo, historyRedo: editor.redo }[event.inputType];
      if (undoes === undefined) return;
      event.preventDefault();
      undoes();
    };
    shown?.addEventListener("beforeinput", before);
    return () => shown?.removeEventListener("beforeinput", before);
  }, [editor]);
  const all = () => editor.getSnapshot().segments ?? [];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a textarea grows with its text in no browser but one, and takes no marks
    <div
      ref={field}
      role="textbox"
      tabIndex={0}
      aria-multiline="true"
      aria-label={t("edit.passage", { time: clock(segment.start) })}
      contentEditable="plaintext-only"
      suppressContentEditableWarning
      spellCheck
      data-passage={id}
      lang={segment.language ?? undefined}
      className={`${PASSAGE} cursor-text whitespace-pre-wrap hover:bg-raised focus:bg-raised`}
      onInput={({ currentTarget }) => {
        const written = currentTarget.textContent ?? "";
        const offset = caretIn(currentTarget) ?? written.length;
        editor.type(write(all(), id, written), { id, offset });
      }}
      onPaste={(event) => {
        event.preventDefault();
        const pasted = event.clipboardData.getData("text/plain").replaceAll(/\s+/g, " ");
        document.execCommand("insertText", false, pasted);
      }}
      onKeyDown={(event) => {
        if (isMultiline && event.key === "Enter" && event.shiftKey) return;
        if (pressed(event, id, editor)) event.preventDefault();
      }}
    />
  );
}

/** Whether the key is dealt with here. */
function pressed(event: KeyboardEvent<HTMLElement>, id: number, editor: Editor): boolean {
  const { currentTarget: field, key } = event;
  if (event.nativeEvent.isComposing || event.altKey) return false;
  if (event.ctrlKey || event.metaKey) return undoes(event, editor);
  if (key === "Escape") {
    field.blur();
    return true;
  }
  const offset = caretIn(field);
  if (offset === null) return false;
  const segments = editor.getSnapshot().segments ?? [];
  switch (key) {
    case "Enter":
      editor.edit(split(segments, id, offset));
      return true;
    case "Backspace":
      if (offset > 0) return false;
      editor.edit(joinWithFormer(segments, id));
      return true;
    case "Delete":
      if (offset < (field.textContent ?? "").length) return false;
      editor.edit(joinWithNext(segments, id));
      return true;
    case "ArrowUp":
      return goes(field, -1);
    case "ArrowDown":
      return goes(field, 1);
    default:
      return false;
  }
}

function undoes(event: KeyboardEvent, editor: Editor): boolean {
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) editor.undo();
  else if (key === "y" || (key === "z" && event.shiftKey)) editor.redo();
  else return false;
  return true;
}

/** From the first line up and from the last line down, to the neighbour, at the same place across. */
function goes(field: HTMLElement, by: 1 | -1): boolean {
  const caret = getSelection()?.getRangeAt(0).getBoundingClientRect();
  const row = field.closest("li");
  const index = Number(row?.dataset["index"]) + by;
  const next = row?.parentElement?.querySelector(`[data-index="${index}"] [role=textbox]`);
  if (caret === undefined || !(next instanceof HTMLElement)) return false;
  const box = field.getBoundingClientRect();
  // An empty line has no place of its own.
  const [top, bottom] = caret.height === 0 ? [box.top, box.bottom] : [caret.top, caret.bottom];
  const isAtEdge = by < 0 ? top - box.top < caret.height : box.bottom - bottom < caret.height;
  if (!isAtEdge && caret.height > 0) return false;
  const target = next.getBoundingClientRect();
  const y = by < 0 ? target.bottom - 12 : target.top + 12;
  next.focus();
  putCaret(next, offsetAt(caret.left, y, next) ?? (by < 0 ? (next.textContent ?? "").length : 0));
  return true;
}

/** Puts the caret where an operation has left it, once for each wish. */
const granted = new WeakMap<Editor, number>();

function useWishedCaret(
  field: { readonly current: HTMLElement | null },
  id: number,
  editor: Editor,
): void {
  useEffect(() => {
    const grant = () => {
      const { caret } = editor.getSnapshot();
      const shown = field.current;
      if (caret === null || caret.id !== id || shown === null) return;
      if (granted.get(editor) === caret.wish) return;
      granted.set(editor, caret.wish);
      shown.focus({ preventScroll: true });
      putCaret(shown, caret.offset, caret.to);
    };
    grant();
    // A wish for a text that is not drawn yet is granted after that.
    return editor.subscribe(() => queueMicrotask(grant));
  }, [field, id, editor]);
}

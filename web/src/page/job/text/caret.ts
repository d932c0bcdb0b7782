/** Which character of a passage is at a point of the window; null: none. */
export function offsetAt(x: number, y: number, within: Element): number | null {
  const place = placeAt(x, y);
  if (place === null || !within.contains(place.node)) return null;
  return place.node.nodeType === Node.TEXT_NODE ? place.offset : null;
}

interface Old {
  caretRangeFromPoint?(x: number, y: number): Range | null;
}

function placeAt(x: number, y: number): { node: Node; offset: number } | null {
  if ("caretPositionFromPoint" in document) {
    const found = document.caretPositionFromPoint(x, y);
    return found === null ? null : { node: found.offsetNode, offset: found.offset };
  }
  // Safari, until it has the other.
  const found = (document as Old).caretRangeFromPoint?.(x, y) ?? null;
  return found === null ? null : { node: found.startContainer, offset: found.startOffset };
}

/** With `to`, what is between both is selected. */
export function putCaret(text: Element, offset: number, to = offset): void {
  const node = text.firstChild;
  const range = document.createRange();
  if (node === null) range.setStart(text, 0);
  else {
    const length = node.textContent?.length ?? 0;
    range.setStart(node, Math.min(offset, length));
    range.setEnd(node, Math.min(to, length));
  }
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/** Where the caret stands in an element; null: not there, or something is selected. */
export function caretIn(text: Element): number | null {
  const selection = getSelection();
  if (selection === null || !selection.isCollapsed || selection.anchorNode === null) return null;
  if (!text.contains(selection.anchorNode)) return null;
  const before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(selection.anchorNode, selection.anchorOffset);
  return before.toString().length;
}

import { useEffect, useRef } from "react";
import { remembered } from "../../app/remembered";

export const DOES = [
  "play",
  "back",
  "ahead",
  "slower",
  "faster",
  "play_in_field",
  "search",
  "next_hit",
  "follow",
  "edit",
  "doubtful",
  "undo",
  "redo",
  "help",
] as const;

export interface Shortcut {
  /** As `KeyboardEvent.key` names them, with `Control+` before where that must be held (on a Mac the
   * command key as well). */
  readonly keys: readonly string[];
  readonly does: (typeof DOES)[number];
  /** Also while somebody writes. Only for keys that write nothing. */
  readonly inFields?: boolean;
  readonly run: () => void;
}

/** Single keys can be switched off: who speaks to the computer writes by them (WCAG 2.1.4). */
export const singleKeys = remembered("shortcuts", true);

export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.altKey) return;
      if (document.querySelector("dialog[open], [popover]:popover-open") !== null) return;
      const found = latest.current.find((shortcut) => isMeant(shortcut, event));
      if (found === undefined) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

function isMeant(shortcut: Shortcut, event: KeyboardEvent): boolean {
  const held = event.ctrlKey || event.metaKey ? "Control+" : "";
  const name = held === "" ? event.key : held + (event.shiftKey ? "Shift+" : "") + event.key;
  if (!shortcut.keys.some((key) => key === name || (held === "" && key === name.toLowerCase()))) {
    return false;
  }
  const { target } = event;
  if (!(target instanceof HTMLElement)) return true;
  const writes = held === "" && event.key.length === 1;
  if (isField(target) && (shortcut.inFields !== true || writes)) return false;
  if (writes && !singleKeys.get()) return false;
  return held !== "" || !isUsedBy(target, event.key);
}

function isField(target: HTMLElement): boolean {
  if (target instanceof HTMLInputElement) return !/^(?:range|checkbox|radio)$/.test(target.type);
  return target.isContentEditable || /^(?:TEXTAREA|SELECT)$/.test(target.tagName);
}

/** What a key does where the focus is goes first. */
function isUsedBy(target: HTMLElement, key: string): boolean {
  if (key === " " || key === "Enter")
    return target.matches("button, a, input, summary, [role=tab]");
  return key.startsWith("Arrow") && target.matches("input, [role=tab], [role^=menuitem]");
}

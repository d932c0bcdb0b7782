import { remembered } from "../app/remembered";

/** Whether the system tells of a recording that is done while the page is hidden. */
export const notices = remembered("notify", false);

export function canNotify(): boolean {
  return typeof Notification !== "undefined" && globalThis.isSecureContext;
}

export function notify(title: string, body: string): void {
  if (!notices.get() || !canNotify() || Notification.permission !== "granted") return;
  if (document.visibilityState === "visible") return;
  try {
    new Notification(title, { body, icon: "page/icon.svg" }).onclick = () => window.focus();
  } catch {
    // Some phones allow them to service workers only.
  }
}

import { useRemembered } from "../app/useRemembered";
import { useT } from "../i18n/context";
import { Checkbox } from "../ui/Field";
import { toast } from "../ui/toasts";
import { canNotify, notices } from "./notices";

export function Notify() {
  const t = useT();
  const [isOn, turn] = useRemembered(notices);
  if (!canNotify()) return null;
  const ask = async (wanted: boolean) => {
    const allowed = wanted && (await Notification.requestPermission()) === "granted";
    turn(allowed);
    if (wanted && !allowed) toast(t("history.notify.denied"), { kind: "failed" });
  };
  return (
    <Checkbox
      label={t("history.notify")}
      checked={isOn && Notification.permission === "granted"}
      onChange={({ target }) => void ask(target.checked)}
    />
  );
}

import { useCallback } from "react";
import { addressOf } from "../app/routes";
import { go } from "../app/useRoute";
import { useT } from "../i18n/context";
import { announce } from "../ui/announce";
import { toast } from "../ui/toasts";
import { choice, submitOptions } from "./options/choice";
import { outbox } from "./outbox/here";

/** Hands recordings in with the options that are chosen now, and shows them on their way. */
export function useAdd(): (files: readonly File[]) => void {
  const t = useT();
  return useCallback(
    (files) => {
      if (files.length === 0) {
        toast(t("intake.nothing"), { kind: "failed" });
        return;
      }
      const options = submitOptions(choice.get());
      for (const file of files) void outbox.add(file, file.name, options);
      announce(t("intake.added", { count: files.length }));
      if (location.hash.startsWith("#/jobs") || location.hash.startsWith("#/service")) {
        go(addressOf({ name: "home" }));
      }
    },
    [t],
  );
}

import { useEffect, useRef, useState } from "react";
import { useRetender } from "../../../hooks";
import { remembered } from "../../app/remembered";
import { useRemembered } from "../../app/useRemembered";
import { useT } from "../../i18n/context";
import { Checkbox } from "../../ui/Field";

const EVERY_MS = 4000;
const MOST = 3;

export const readAloud = remembered("read_aloud", true);

/** New text for screen readers, a few sentences at a time: it often comes faster than it is read. */
export function LiveLog({ jobId }: { readonly jobId: string }) {
  const t = useT();
  const client = useRetender();
  const [isOn, set] = useRemembered(readAloud);
  const told = useRef<number | null>(null);
  const [lines, add] = useState<readonly { id: number; text: string }[]>([]);
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => {
      const { segments } = client.follow(jobId).getSnapshot().view;
      const before = told.current ?? segments.length;
      told.current = segments.length;
      // Of much at once the latest is read; the rest stands in the text.
      const fresh = segments.slice(Math.max(before, segments.length - MOST));
      if (fresh.length > 0) add((lines) => [...lines, ...fresh].slice(-2 * MOST));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [client, jobId, isOn]);
  return (
    <>
      <Checkbox
        label={t("text.aloud")}
        checked={isOn}
        onChange={({ target }) => set(target.checked)}
      />
      <div role="log" aria-label={t("text.aloud.log")} className="sr-only">
        {isOn && lines.map(({ id, text }) => <p key={id}>{text}</p>)}
      </div>
    </>
  );
}

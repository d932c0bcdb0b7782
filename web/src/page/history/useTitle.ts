import { useEffect } from "react";
import { isFinished, type ListedJob } from "../../client";
import { useFormats } from "../i18n/formats";

const NAME = "Retender";

/** How far everything under way is, in the title of the tab. */
export function useTitle(jobs: readonly ListedJob[]): void {
  const { percent } = useFormats();
  const running = jobs.filter(({ status }) => !isFinished(status));
  const sum = running.reduce((total, { progress }) => total + progress, 0);
  const title = running.length === 0 ? NAME : `${percent(sum / running.length)} · ${NAME}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(
    () => () => {
      document.title = NAME;
    },
    [],
  );
}

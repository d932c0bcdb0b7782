import { useState } from "react";
import type { ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { Tabs } from "../ui/Tabs";
import { Story } from "./progress/Story";
import { Text } from "./text/Text";

type View = "text" | "story";

/** The sides of a job: one is shown. */
export function Views({
  jobId,
}: {
  readonly jobId: string;
  readonly job: ListedJob;
  readonly name: string;
  readonly at: number | null;
}) {
  const t = useT();
  const [view, show] = useState<View>("text");
  return (
    <Tabs<View>
      label={t("job.views")}
      tabs={[
        { name: "text", label: t("job.view.text") },
        { name: "story", label: t("job.view.story") },
      ]}
      chosen={view}
      choose={show}
    >
      {view === "text" ? <Text jobId={jobId} /> : <Story jobId={jobId} />}
    </Tabs>
  );
}

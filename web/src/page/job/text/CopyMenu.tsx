import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { clock } from "../../i18n/formats";
import { Menu } from "../../ui/Menu";
import { toast } from "../../ui/toasts";
import { copy } from "../copy";

export function CopyMenu({ segments }: { readonly segments: readonly Segment[] }) {
  const t = useT();
  const put = (text: string) =>
    void copy(text).then((done) =>
      toast(t(done ? "text.copied" : "text.not_copied"), { kind: done ? "done" : "failed" }),
    );
  const line = ({ text }: Segment) => text.replaceAll(/\s+/g, " ").trim();
  return (
    <Menu
      label={t("text.copy")}
      icon="copy"
      items={[
        {
          label: t("text.copy.text"),
          icon: "copy",
          run: () => put(segments.map(line).join("\n")),
        },
        {
          label: t("text.copy.times"),
          icon: "copy",
          run: () => put(segments.map((each) => `[${clock(each.start)}] ${line(each)}`).join("\n")),
        },
      ]}
    />
  );
}

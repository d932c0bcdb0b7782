import { memo } from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { clock, useFormats } from "../../i18n/formats";
import { Icon } from "../../ui/Icon";
import { IconButton } from "../../ui/IconButton";
import { EditableText } from "../editing/EditablePassage";
import type { Editor } from "../editing/editor";
import { retime, write } from "../editing/operations";
import type { Player } from "../player/player";
import type { Marks, Stretch } from "../text/marks";
import { figuresOf, linesOf, problemsOf } from "./checks";
import type { SubtitleLimits } from "./limits";
import { brokenLines } from "./lines";
import { TimeField } from "./TimeField";

export const SubtitleRow = memo(function SubtitleRow({
  segment,
  next,
  index,
  limits,
  found,
  chosen,
  player,
  marks,
  editor,
}: {
  readonly segment: Segment;
  readonly next: Segment | undefined;
  readonly index: number;
  readonly limits: SubtitleLimits;
  readonly found: readonly Stretch[];
  readonly chosen: Stretch | null;
  readonly player: Player;
  readonly marks: Marks;
  readonly editor: Editor;
}) {
  const t = useT();
  const { id, start, end, text } = segment;
  const set = (from: number, to: number) => {
    const segments = retime(editor.getSnapshot().segments ?? [], id, from, to);
    editor.edit({ segments, caret: null });
  };
  const broken = brokenLines(text, limits);
  const time = clock(start);
  return (
    <div className="flex flex-wrap items-start gap-x-2 border-b border-line py-2 md:flex-nowrap">
      <div className="flex shrink-0 items-center gap-1">
        <IconButton
          icon="play"
          label={t("subtitles.play", { time })}
          className="size-7!"
          onClick={() => player.playStretch(start, end)}
        />
        <span className="w-9 text-end text-xs text-soft tabular-nums max-md:hidden">
          {index + 1}
        </span>
        <TimeField
          label={t("subtitles.start", { number: index + 1 })}
          seconds={start}
          onChange={(seconds) => set(seconds, Math.max(seconds, end))}
        />
        <span aria-hidden="true" className="text-soft">
          –
        </span>
        <TimeField
          label={t("subtitles.end", { number: index + 1 })}
          seconds={end}
          onChange={(seconds) => set(start, seconds)}
        />
      </div>
      <div className="order-3 min-w-0 grow basis-full md:order-none md:basis-0">
        <EditableText
          segment={segment}
          found={found}
          chosen={chosen}
          marks={marks}
          editor={editor}
          isMultiline
        />
      </div>
      <Checks segment={segment} next={next} limits={limits} />
      <IconButton
        icon="subtitles"
        label={t("subtitles.break", { time })}
        className="size-7!"
        disabled={broken === linesOf(text).join("\n")}
        onClick={() =>
          editor.edit({
            segments: write(editor.getSnapshot().segments ?? [], id, broken),
            caret: null,
          })
        }
      />
    </div>
  );
});

/** The figures, and in words what is wrong with them. */
function Checks({
  segment,
  next,
  limits,
}: {
  readonly segment: Segment;
  readonly next: Segment | undefined;
  readonly limits: SubtitleLimits;
}) {
  const t = useT();
  const { number } = useFormats();
  const { speed, longestLine, seconds } = figuresOf(segment);
  const problems = problemsOf(segment, next, limits);
  return (
    <div className="ms-auto flex w-52 flex-col items-end gap-0.5 text-xs md:ms-0">
      <p className="text-soft tabular-nums">
        {t("subtitles.figures", {
          speed: Number.isFinite(speed) ? number(Math.round(speed * 10) / 10) : "∞",
          line: longestLine,
          seconds: number(Math.round(seconds * 10) / 10),
        })}
      </p>
      {problems.map((problem) => (
        <p key={problem} className="flex items-center gap-1 text-end text-warn">
          <Icon name="alert" size={14} />
          {t(`subtitles.problem.${problem}`)}
        </p>
      ))}
    </div>
  );
}

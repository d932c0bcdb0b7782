import { useMemo, useRef, useState } from "react";
import type { Segment } from "../../../client";
import { useRemembered } from "../../app/useRemembered";
import { useT } from "../../i18n/context";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { IconButton } from "../../ui/IconButton";
import { toast } from "../../ui/toasts";
import type { Editor, EditorView } from "../editing/editor";
import { SavingNote } from "../editing/SavingNote";
import type { Reading } from "../text/reading";
import { SegmentList } from "../text/SegmentList";
import { segmentAt } from "../text/words";
import { linesOf, nextProblem, problemsOf } from "./checks";
import { LimitsDialog } from "./LimitsDialog";
import { type SubtitleLimits, subtitleLimits } from "./limits";
import { recut } from "./recut";
import { SubtitleRow } from "./SubtitleRow";

const NONE: readonly never[] = [];

/** The text as subtitles, checked while they are made. */
export function SubtitlePanel({
  reading,
  editor,
  view,
}: {
  readonly reading: Reading;
  readonly editor: Editor;
  readonly view: EditorView;
}) {
  const t = useT();
  const [limits] = useRemembered(subtitleLimits);
  const { segments, player, marks, search, chosen } = reading;
  return (
    <div className="flex flex-col gap-2 py-3">
      <Tools reading={reading} editor={editor} view={view} limits={limits} />
      <SegmentList reading={reading} estimate={heightOf} label={t("subtitles.title")}>
        {({ segment, index }) => (
          <SubtitleRow
            segment={segment}
            next={segments[index + 1]}
            index={index}
            limits={limits}
            found={search.byId.get(segment.id) ?? NONE}
            chosen={chosen?.id === segment.id ? chosen : null}
            player={player}
            marks={marks}
            editor={editor}
          />
        )}
      </SegmentList>
    </div>
  );
}

function heightOf({ text }: Segment, width: number): number {
  const beside = width < 768 ? 56 : 17;
  return linesOf(text).length * 28 + beside + 8;
}

function Tools({
  reading,
  editor,
  view,
  limits,
}: {
  readonly reading: Reading;
  readonly editor: Editor;
  readonly view: EditorView;
  readonly limits: SubtitleLimits;
}) {
  const t = useT();
  const { segments, player } = reading;
  const [isSetting, setLimits] = useState(false);
  const last = useRef<number | null>(null);
  const count = useMemo(
    () =>
      segments.filter((each, at) => problemsOf(each, segments[at + 1], limits).length > 0).length,
    [segments, limits],
  );
  const next = () => {
    const before = last.current ?? segmentAt(segments, player.time) - 1;
    const index = nextProblem(segments, before, limits);
    const segment = segments[index];
    if (segment === undefined) return;
    last.current = index;
    reading.show(index, segment.start);
    editor.wish({ id: segment.id, offset: 0 });
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        look="primary"
        icon="subtitles"
        onClick={() => {
          const made = recut(segments, limits);
          editor.edit({ segments: made, caret: null });
          toast(t("subtitles.recut.done", { count: made.length }), {
            action: { label: t("shortcuts.undo"), run: editor.undo },
          });
        }}
      >
        {t("subtitles.recut")}
      </Button>
      {count > 0 ? (
        <Button icon="alert" onClick={next}>
          {t("subtitles.problems", { count })}
        </Button>
      ) : (
        <span className="inline-flex items-center gap-2 px-2 text-sm text-good">
          <Icon name="check" />
          {t("subtitles.well")}
        </span>
      )}
      <IconButton
        icon="undo"
        label={t("shortcuts.undo")}
        disabled={!view.canUndo}
        onClick={editor.undo}
      />
      <IconButton
        icon="redo"
        label={t("shortcuts.redo")}
        disabled={!view.canRedo}
        onClick={editor.redo}
      />
      <IconButton icon="settings" label={t("subtitles.limits")} onClick={() => setLimits(true)} />
      <span className="ms-auto">
        <SavingNote view={view} />
      </span>
      {isSetting && <LimitsDialog onClose={() => setLimits(false)} />}
    </div>
  );
}

import { memo, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { isFinished, type ListedJob } from "../../client";
import { useT } from "../i18n/context";
import { Tabs } from "../ui/Tabs";
import { CodePanel } from "./code/CodePanel";
import { ConflictDialog } from "./editing/ConflictDialog";
import { useDoubts } from "./editing/useDoubts";
import { useEditor } from "./editing/useEditor";
import { ExportMenu } from "./exports/ExportMenu";
import { PlayerBar } from "./player/PlayerBar";
import type { Shortcut } from "./player/shortcuts";
import { usePeaks } from "./player/usePeaks";
import { usePlayer, usePlayerView } from "./player/usePlayer";
import { Story } from "./progress/Story";
import { SubtitlePanel } from "./subtitles/SubtitlePanel";
import { type Reading, useReading } from "./text/reading";
import { TextPanel } from "./text/TextPanel";
import { segmentAt } from "./text/words";
import { useGrowingText } from "./useJob";

type View = "text" | "subtitles" | "story" | "code";

const VIEWS: readonly View[] = ["text", "subtitles", "story", "code"];

/** The sides of a job, of which one is shown, and the player below. */
export const Views = memo(function Views({
  jobId,
  job,
  name,
  at,
}: {
  readonly jobId: string;
  readonly job: ListedJob;
  readonly name: string;
  readonly at: number | null;
}) {
  const t = useT();
  const [view, show] = useState<View>("text");
  const [isEditing, setEditing] = useState(false);
  const isRunning = !isFinished(job.status);
  const live = useGrowingText(jobId);
  const editing = useEditor(jobId, job.status);
  const { editor } = editing;
  // What the edited text was made of may run once more.
  const isEditable = job.status === "completed" && editing.view.segments !== null;
  const segments = (isEditable ? editing.view.segments : null) ?? live;
  const player = usePlayer(jobId);
  const { duration: played } = usePlayerView(player);
  const duration = job.duration ?? played ?? 0;
  const peaks = usePeaks(jobId, job.duration !== null);
  const reading = useReading(segments, player);
  const doubts = useDoubts(reading, editor, isEditing || view === "subtitles", isEditable);
  const field = useRef<HTMLInputElement>(null);
  useMomentOfAddress(at, reading);

  const hasSubtitles = isEditable && segments.length > 0;
  const views = VIEWS.filter((each) => each !== "subtitles" || hasSubtitles);
  const shown = views.includes(view) ? view : "text";

  const shortcuts: readonly Shortcut[] = [
    {
      keys: ["/", "Control+f"],
      does: "search",
      run: () => {
        // At once: what is typed next is meant for the field already.
        flushSync(() => show("text"));
        field.current?.select();
      },
    },
    { keys: ["n"], does: "next_hit", run: () => reading.stepHit(1) },
    { keys: ["f"], does: "follow", run: () => reading.follow.set(true) },
    { keys: ["e"], does: "edit", run: () => setEditing(!isEditing) },
    { keys: ["d", "F8"], does: "doubtful", inFields: true, run: doubts.next },
    { keys: ["Control+z"], does: "undo", run: editor.undo },
    { keys: ["Control+Shift+z", "Control+y"], does: "redo", run: editor.redo },
  ];
  return (
    <div className="flex grow flex-col">
      <div className="flex grow flex-col sm:relative">
        {segments.length > 0 && job.status === "completed" && (
          // On a phone beside the way back, at the top of the job.
          <div className="absolute end-0 top-0">
            <ExportMenu jobId={jobId} name={name} storeFirst={editor.storeNow} />
          </div>
        )}
        <Tabs<View>
          label={t("job.views")}
          tabs={views.map((name) => ({ name, label: t(`job.view.${name}`) }))}
          chosen={shown}
          choose={show}
        >
          {shown === "story" && <Story jobId={jobId} />}
          {shown === "code" && <CodePanel job={job} name={name} />}
          {shown === "subtitles" && (
            <SubtitlePanel reading={reading} editor={editor} view={editing.view} />
          )}
          {shown === "text" && (
            <TextPanel
              jobId={jobId}
              isRunning={isRunning}
              reading={reading}
              editing={editing}
              canEdit={isEditable}
              mode={{ isEditing, set: setEditing }}
              doubts={doubts}
              field={field}
            />
          )}
        </Tabs>
      </div>
      <PlayerBar
        jobId={jobId}
        player={player}
        peaks={peaks}
        duration={duration}
        hits={reading.search.moments}
        shortcuts={shortcuts}
      />
      <ConflictDialog editor={editor} view={editing.view} />
    </div>
  );
});

/** Goes where the address says, once for each address, as soon as there is text. */
function useMomentOfAddress(at: number | null, { segments, player, follow, list }: Reading): void {
  const done = useRef<number | null>(null);
  const setFollow = follow.set;
  useEffect(() => {
    if (at === null || done.current === at || segments.length === 0) return;
    done.current = at;
    player.seek(at);
    setFollow(true);
    const index = Math.max(0, segmentAt(segments, at));
    // The list has its place only after it is drawn.
    requestAnimationFrame(() => list.current?.show(index));
  }, [at, segments, player, setFollow, list]);
}

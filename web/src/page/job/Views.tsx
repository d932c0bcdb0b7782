import { useEffect, useRef, useState } from "react";
import { isFinished, type ListedJob, type Segment } from "../../client";
import { useJobValue } from "../../hooks";
import { useT } from "../i18n/context";
import { Tabs } from "../ui/Tabs";
import { PlayerBar } from "./player/PlayerBar";
import type { Player } from "./player/player";
import type { Shortcut } from "./player/shortcuts";
import { usePeaks } from "./player/usePeaks";
import { usePlayer, usePlayerView } from "./player/usePlayer";
import { Story } from "./progress/Story";
import { CopyMenu } from "./text/CopyMenu";
import { LiveLog } from "./text/LiveLog";
import { Marks } from "./text/marks";
import { SearchBar } from "./text/SearchBar";
import type { ListHandle } from "./text/SegmentList";
import { hitFrom } from "./text/search";
import { Text } from "./text/Text";
import { type Follow, useFollow } from "./text/useFollow";
import { useSearch } from "./text/useSearch";
import { segmentAt } from "./text/words";

type View = "text" | "story";

/** The sides of a job, of which one is shown, and the player below. */
export function Views({
  jobId,
  job,
  at,
}: {
  readonly jobId: string;
  readonly job: ListedJob;
  readonly name: string;
  readonly at: number | null;
}) {
  const t = useT();
  const [view, show] = useState<View>("text");
  const segments = useJobValue(jobId, (known) => known.segments);
  const isRunning = !isFinished(job.status);
  const player = usePlayer(jobId);
  const { duration: played } = usePlayerView(player);
  const duration = job.duration ?? played ?? 0;
  const peaks = usePeaks(jobId, job.duration !== null);
  const [marks] = useState(() => new Marks());
  const follow = useFollow(player);
  const search = useSearch(segments);
  const list = useRef<ListHandle>(null);
  const field = useRef<HTMLInputElement>(null);
  useMomentOfAddress(at, segments, player, follow, list);

  const step = (by: 1 | -1) => {
    const { hits, at: before } = search;
    if (hits.length === 0) return;
    const next = before < 0 ? hitFrom(hits, player.time) : before + by;
    const to = (next + hits.length) % hits.length;
    const hit = hits[to];
    if (hit === undefined) return;
    search.choose(to);
    follow.set(false);
    list.current?.show(hit.index);
    player.seek(hit.time);
  };
  const shortcuts: readonly Shortcut[] = [
    {
      keys: ["/", "Control+f"],
      does: "search",
      inFields: false,
      run: () => {
        show("text");
        field.current?.focus();
        field.current?.select();
      },
    },
    { keys: ["n"], does: "next_hit", run: () => step(1) },
    { keys: ["f"], does: "follow", run: () => follow.set(true) },
  ];
  return (
    <div className="flex grow flex-col">
      <Tabs<View>
        label={t("job.views")}
        tabs={[
          { name: "text", label: t("job.view.text") },
          { name: "story", label: t("job.view.story") },
        ]}
        chosen={view}
        choose={show}
      >
        {view === "story" && <Story jobId={jobId} />}
        {view === "text" && (
          <div className="flex flex-col gap-2 py-3">
            <div className="flex flex-wrap items-center gap-2">
              {segments.length > 0 && <SearchBar field={field} search={search} step={step} />}
              {segments.length > 0 && <CopyMenu segments={segments} />}
              {isRunning && <LiveLog jobId={jobId} />}
            </div>
            {segments.length > 0 ? (
              <Text
                segments={segments}
                player={player}
                marks={marks}
                follow={follow}
                search={search}
                handle={list}
              />
            ) : (
              <Empty jobId={jobId} isRunning={isRunning} />
            )}
          </div>
        )}
      </Tabs>
      <PlayerBar
        jobId={jobId}
        player={player}
        peaks={peaks}
        duration={duration}
        hits={search.moments}
        shortcuts={shortcuts}
      />
    </div>
  );
}

/** No segments: not yet, nobody speaks, or no times were asked for. */
function Empty({ jobId, isRunning }: { readonly jobId: string; readonly isRunning: boolean }) {
  const t = useT();
  const result = useJobValue(jobId, (known) => known.result);
  if (isRunning) return <p className="py-8 text-sm text-soft">{t("text.soon")}</p>;
  if (result?.text) {
    return <p className="max-w-prose leading-7 whitespace-pre-wrap">{result.text}</p>;
  }
  return (
    <p className="py-8 text-sm text-soft">
      {t(result?.no_speech ? "text.no_speech" : "text.none")}
    </p>
  );
}

/** Goes where the address says, once for each address, as soon as there is text. */
function useMomentOfAddress(
  at: number | null,
  segments: readonly Segment[],
  player: Player,
  follow: Follow,
  list: { readonly current: ListHandle | null },
): void {
  const done = useRef<number | null>(null);
  const setFollow = follow.set;
  useEffect(() => {
    if (at === null || done.current === at || segments.length === 0) return;
    done.current = at;
    player.seek(at);
    setFollow(true);
    // The list has its place only after it is drawn.
    const index = Math.max(0, segmentAt(segments, at));
    const frame = requestAnimationFrame(() => list.current?.show(index));
    return () => cancelAnimationFrame(frame);
  }, [at, segments, player, setFollow, list]);
}

import { useMemo } from "react";
import type { Segment } from "../../../client";
import { useT } from "../../i18n/context";
import { clock } from "../../i18n/formats";
import { differences } from "./compare";

const MOST = 200;

/** What has gone and what has come, word by word. */
export function Changes({
  original,
  present,
  onGo,
}: {
  readonly original: readonly Segment[];
  readonly present: readonly Segment[];
  readonly onGo?: (seconds: number) => void;
}) {
  const t = useT();
  const found = useMemo(() => differences(original, present), [original, present]);
  if (found.length === 0) return <p className="text-sm text-soft">{t("edit.same")}</p>;
  return (
    <>
      <ol className="flex flex-col gap-3">
        {found.slice(0, MOST).map(({ time, pieces }) => (
          <li
            key={`${time} ${pieces[0]?.text}`}
            className="flex items-baseline gap-3 text-sm leading-6"
          >
            {onGo === undefined ? (
              <span className="text-xs leading-6 text-soft tabular-nums">{clock(time)}</span>
            ) : (
              <button
                type="button"
                aria-label={t("text.go_to", { time: clock(time) })}
                className="min-h-6 cursor-pointer text-xs text-accent tabular-nums underline"
                onClick={() => onGo(time)}
              >
                {clock(time)}
              </button>
            )}
            <p className="min-w-0">
              {pieces.map(({ kind, text }, at) => {
                const key = `${at} ${kind}`;
                if (kind === "same") return <span key={key}>{text} </span>;
                const Mark = kind === "gone" ? "del" : "ins";
                const look =
                  kind === "gone"
                    ? "bg-danger-soft text-danger line-through"
                    : "bg-good-soft text-good underline";
                return (
                  <Mark key={key} className={`rounded-sm px-0.5 ${look}`}>
                    {text}{" "}
                  </Mark>
                );
              })}
            </p>
          </li>
        ))}
      </ol>
      {found.length > MOST && (
        <p className="mt-3 text-sm text-soft">{t("edit.more", { count: found.length - MOST })}</p>
      )}
    </>
  );
}

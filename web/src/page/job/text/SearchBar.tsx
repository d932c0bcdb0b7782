import { type Ref, useEffect } from "react";
import { useT } from "../../i18n/context";
import { announce } from "../../ui/announce";
import { FIELD } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { IconButton } from "../../ui/IconButton";
import type { Search } from "./useSearch";

const PAUSE_MS = 700;

/** Enter and Shift+Enter go from hit to hit, Escape ends the search. */
export function SearchBar({
  field,
  search,
  step,
}: {
  readonly field: Ref<HTMLInputElement>;
  readonly search: Search;
  readonly step: (by: 1 | -1) => void;
}) {
  const t = useT();
  const { query, ask, hits, at } = search;
  const count = hits.length;
  useEffect(() => {
    if (query.trim() === "") return;
    const timer = setTimeout(() => announce(t("text.search.found", { count })), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query, count, t]);
  return (
    <search className="flex grow basis-36 items-center gap-1">
      <div className="relative grow">
        <span className="pointer-events-none absolute inset-y-0 start-3 flex items-center text-soft">
          <Icon name="search" size={16} />
        </span>
        <input
          ref={field}
          type="text"
          enterKeyHint="search"
          aria-label={t("text.search")}
          placeholder={t("text.search")}
          className={`${FIELD} ps-9 pe-20`}
          value={query}
          onChange={({ target }) => ask(target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              step(event.shiftKey ? -1 : 1);
            }
            if (event.key === "Escape") ask("");
          }}
        />
        {query.trim() !== "" && (
          <span className="pointer-events-none absolute inset-y-0 end-3 flex items-center text-xs text-soft tabular-nums">
            {at < 0
              ? t("text.search.count", { count })
              : t("text.search.of", { at: at + 1, count })}
          </span>
        )}
      </div>
      {query !== "" && (
        <>
          <IconButton
            icon="up"
            label={t("text.search.previous")}
            disabled={count === 0}
            onClick={() => step(-1)}
          />
          <IconButton
            icon="chevron"
            label={t("text.search.next")}
            disabled={count === 0}
            onClick={() => step(1)}
          />
          <IconButton icon="close" label={t("text.search.clear")} onClick={() => ask("")} />
        </>
      )}
    </search>
  );
}

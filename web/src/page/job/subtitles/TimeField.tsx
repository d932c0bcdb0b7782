import { useState } from "react";
import { exactClock } from "../../i18n/formats";
import { secondsOf } from "./times";

const STEP = 0.1;

/** A time that can be written, and moved by the arrows. */
export function TimeField({
  label,
  seconds,
  onChange,
}: {
  readonly label: string;
  readonly seconds: number;
  readonly onChange: (seconds: number) => void;
}) {
  const [written, write] = useState<string | null>(null);
  const shown = exactClock(seconds);
  const keep = () => {
    const next = written === null ? null : secondsOf(written);
    write(null);
    if (next !== null && written !== shown) onChange(next);
  };
  return (
    <input
      type="text"
      inputMode="decimal"
      aria-label={label}
      className="h-7 w-[4.25rem] rounded-sm border border-transparent bg-transparent px-1 text-xs tabular-nums hover:border-line-strong focus:border-line-strong focus:bg-raised"
      value={written ?? shown}
      onChange={({ target }) => write(target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
        if (event.key === "Enter") keep();
        if (event.key === "Escape") write(null);
        if (by === undefined) return;
        event.preventDefault();
        write(null);
        onChange(seconds + by);
      }}
    />
  );
}

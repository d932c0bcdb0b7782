/** Times, sizes and durations, as the language writes them. */
import { useMemo } from "react";
import { useWords } from "./context";
import type { Language } from "./languages";

/** `1:02:03`, `4:05`: positions in a recording, the same in all languages. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? `${part}` : `${part}`.padStart(2, "0"))).join(":");
}

/** With tenths: `1:02:03.4`. */
export function exactClock(seconds: number): string {
  const tenths = Math.max(0, Math.round(seconds * 10));
  return `${clock(tenths / 10)}.${tenths % 10}`;
}

export interface Formats {
  readonly number: (value: number) => string;
  /** Of playing: `1.25`. */
  readonly speed: (value: number) => string;
  /** Of 0 to 100. */
  readonly percent: (value: number) => string;
  readonly bytes: (value: number) => string;
  /** A length of time in words: `4 min`, `1 h 20 min`. */
  readonly duration: (seconds: number) => string;
  /** A position in words, to be read aloud: `1 hora, 2 minutos y 3 segundos`. */
  readonly spoken: (seconds: number) => string;
  /** The day as well, unless it is today. */
  readonly moment: (iso: string) => string;
  /** Beside lengths of recordings, where a time alone could be taken for one: `hoy, 1:49`. */
  readonly dayAndTime: (iso: string) => string;
  readonly time: (date: Date) => string;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function formats(language: Language): Formats {
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const speeds = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const times = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const days = new Intl.DateTimeFormat(language, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const near = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const isToday = (date: Date) => date.toDateString() === new Date().toDateString();
  const lists = new Intl.ListFormat(language, { type: "conjunction" });
  const inWords = ["hour", "minute", "second"].map(
    (name) => new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }),
  );
  return {
    number: (value) => numbers.format(value),
    speed: (value) => speeds.format(value),
    percent: (value) => percents.format(value / 100),
    bytes(value) {
      const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(value, 1)) / 3));
      return unit(value / 1000 ** step, UNITS[step] ?? "byte", step > 1 ? 1 : 0);
    },
    duration(seconds) {
      if (seconds < 60) return unit(Math.max(1, Math.round(seconds)), "second");
      const minutes = Math.round(seconds / 60);
      if (minutes < 60) return unit(minutes, "minute");
      const rest = minutes % 60;
      const hours = unit(Math.floor(minutes / 60), "hour");
      return rest === 0 ? hours : `${hours} ${unit(rest, "minute")}`;
    },
    spoken(seconds) {
      const whole = Math.max(0, Math.floor(seconds));
      const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
      const said = parts.flatMap((part, at) =>
        part === 0 && (at < 2 || whole >= 60) ? [] : [inWords[at]?.format(part) ?? ""],
      );
      return lists.format(said);
    },
    moment(iso) {
      const date = new Date(iso);
      return (isToday(date) ? times : days).format(date);
    },
    dayAndTime(iso) {
      const date = new Date(iso);
      if (!isToday(date)) return days.format(date);
      return `${near.format(0, "day")},\u00A0${times.format(date)}`;
    },
    time: (date) => times.format(date),
  };
}

export function useFormats(): Formats {
  const { language } = useWords();
  return useMemo(() => formats(language), [language]);
}

import { remembered } from "../../app/remembered";

/** What a subtitle may be. Set by who makes them; these are what most broadcasters ask for. */
export interface SubtitleLimits {
  /** Of a line. */
  readonly characters: number;
  readonly lines: number;
  /** Characters per second. */
  readonly speed: number;
  /** Seconds. */
  readonly shortest: number;
  readonly longest: number;
  /** Between one and the next. */
  readonly gap: number;
}

export const USUAL: SubtitleLimits = {
  characters: 42,
  lines: 2,
  speed: 17,
  shortest: 0.83,
  longest: 7,
  gap: 0.08,
};

export const subtitleLimits = remembered<SubtitleLimits>("subtitles", USUAL);

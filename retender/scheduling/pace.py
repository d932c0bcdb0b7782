"""Estimates how long the audio left will take, from measurements of finished pieces."""

from __future__ import annotations

import math

import msgspec

STABLE_SAMPLES = 3
STABLE_AUDIO = 30.0
"""Pieces and seconds of audio to measure before an estimate is given."""

HALF_LIFE = 120.0
"""Seconds of audio after which an earlier measurement counts half."""

FASTEST, SLOWEST = 1e-4, 100.0
"""Seconds of work for a second of audio: a measurement beyond these is clamped."""

LONGEST = 1e9
"""A measurement of more seconds is ignored: it is an error of a clock or of arithmetic."""

OUTLIER = 4.0
"""Once the pace is stable, a piece counts as at most so many times faster or slower than it."""


class Pace(msgspec.Struct, frozen=True):
    """Sums of the measurements, weighted so that older ones fade."""

    samples: int = 0
    audio: float = 0.0
    wall: float = 0.0

    @property
    def stable(self) -> bool:
        return self.samples >= STABLE_SAMPLES and self.audio >= STABLE_AUDIO

    @property
    def factor(self) -> float:
        """Seconds of work for a second of audio; meaningless before the first measurement."""
        return self.wall / self.audio if self.audio else SLOWEST


def observe(pace: Pace, audio_seconds: float, wall_seconds: float) -> Pace:
    """Add the measurement of one piece. Implausible ones are ignored."""
    if not (_plausible(audio_seconds) and _plausible(wall_seconds)):
        return pace
    least, most = FASTEST, SLOWEST
    if pace.stable:
        least = max(least, pace.factor / OUTLIER)
        most = min(most, pace.factor * OUTLIER)
    factor = min(most, max(least, wall_seconds / audio_seconds))
    faded = 0.5 ** (audio_seconds / HALF_LIFE)
    return Pace(
        samples=min(pace.samples + 1, STABLE_SAMPLES),
        audio=pace.audio * faded + audio_seconds,
        wall=pace.wall * faded + audio_seconds * factor,
    )


def remaining(pace: Pace, audio_left: float, parallel: int) -> float | None:
    """Seconds until the audio left is done by `parallel` pieces at a time; None if not stable."""
    return _time(audio_left, pace.factor, parallel) if pace.stable else None


def guess(pace: Pace, audio_seconds: float, parallel: int, default_factor: float) -> float:
    """Seconds for that audio at the measured pace, or at the default if it is not stable."""
    factor = pace.factor if pace.stable else default_factor
    return _time(audio_seconds, factor, parallel) or 0.0


def _time(audio: float, factor: float, parallel: int) -> float | None:
    seconds = audio * factor / max(1, parallel)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _plausible(seconds: float) -> bool:
    return 0 < seconds <= LONGEST

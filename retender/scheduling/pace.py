"""How long what is left will take, from how long what is done took."""

from __future__ import annotations

import math

import msgspec

STABLE_SAMPLES = 3
STABLE_AUDIO = 30.0
"""Until so many pieces and so many seconds of audio were measured, nothing is promised."""

HALF_LIFE = 120.0
"""After so many seconds of audio what was measured before them counts half."""

FASTEST, SLOWEST = 1e-4, 100.0
"""Bounds of belief, in seconds of work a second of audio."""

LONGEST = 1e9
"""A measurement of more seconds is a fault of a clock or of arithmetic."""

OUTLIER = 4.0
"""Once stable, one piece is taken to be at most so many times faster or slower than usual."""


class Pace(msgspec.Struct, frozen=True):
    """Sums of what was measured in one lane, the older fading."""

    samples: int = 0
    audio: float = 0.0
    wall: float = 0.0

    @property
    def stable(self) -> bool:
        return self.samples >= STABLE_SAMPLES and self.audio >= STABLE_AUDIO

    @property
    def factor(self) -> float:
        """Seconds of work for a second of audio. Only meaningful once something was measured."""
        return self.wall / self.audio if self.audio else SLOWEST


def observe(pace: Pace, audio_seconds: float, wall_seconds: float) -> Pace:
    """One more piece was done. Measurements that cannot be true say nothing."""
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


def remaining(pace: Pace, audio_left: float, lanes: int) -> float | None:
    """Seconds until the audio left is done, shared by so many lanes; None before it is stable."""
    return _time(audio_left, pace.factor, lanes) if pace.stable else None


def guess(pace: Pace, audio_seconds: float, lanes: int, default_factor: float) -> float:
    """A first estimate for a submission: what was measured, or else a stated default."""
    factor = pace.factor if pace.stable else default_factor
    return _time(audio_seconds, factor, lanes) or 0.0


def _time(audio: float, factor: float, lanes: int) -> float | None:
    seconds = audio * factor / max(1, lanes)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _plausible(seconds: float) -> bool:
    return 0 < seconds <= LONGEST

"""The rate limits of an engine, and how much of them is used."""

from __future__ import annotations

import math
from typing import Final

import msgspec

_DAY: Final = 86_400.0


class UsageLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults are those of Groq's free tier."""

    requests_per_minute: int = 20
    requests_per_day: int = 2000
    audio_per_hour: int = 7200
    audio_per_day: int = 28_800
    least_audio: int = 10
    """Seconds: a shorter recording counts as this long."""
    longest_request: float = 900.0
    """Seconds: no request takes longer."""

    @property
    def largest(self) -> int:
        """Seconds of audio that one request may have at most."""
        return min(self.audio_per_hour, self.audio_per_day)

    def billed(self, seconds: float) -> int:
        return max(self.least_audio, math.ceil(seconds))


class Usage(msgspec.Struct, frozen=True):
    requests_this_minute: int
    requests_today: int
    audio_this_hour: int
    audio_today: int
    limits: UsageLimits
    closed_until: float | None = None
    """The service has asked for no request before this time; None if it has not."""
    full_until: float | None = None
    """Before this time there is no capacity even for the shortest recording; None if there is."""
    room: tuple[tuple[int, float], ...] = ()
    """For growing amounts of audio in seconds: when there is capacity for so much, if nothing else
    is sent before. Empty if there is capacity for all of them now."""

    @property
    def available_seconds(self) -> int:
        """Seconds of audio that may be sent now."""
        if self.full_until is not None:
            return 0
        limits = self.limits
        return min(
            limits.audio_per_hour - self.audio_this_hour, limits.audio_per_day - self.audio_today
        )

    def until(self, seconds: float) -> float | None:
        """When there is capacity for so much audio, as far as is known; None: now. More than one
        request may have is spread over days, at what a day allows."""
        for amount, at in self.room:
            if seconds <= amount:
                return at
        if not self.room:
            return None
        amount, at = self.room[-1]
        return at + (seconds - amount) / self.limits.audio_per_day * _DAY

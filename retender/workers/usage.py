"""The rate limits of an engine, and how much of them is used."""

from __future__ import annotations

import math

import msgspec


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

    @property
    def available_seconds(self) -> int:
        """Seconds of audio that may be sent now."""
        if self.full_until is not None:
            return 0
        limits = self.limits
        return min(
            limits.audio_per_hour - self.audio_this_hour, limits.audio_per_day - self.audio_today
        )

"""Whether a receiver can be reached, decided from how the last requests to it went.

After some failures in a row it counts as away. Then nothing is sent but a probe now and then, so
that a dead receiver costs next to nothing, however much waits for it. After a probe that is
answered, one request is let through; if that goes well, the receiver is back.
"""

from __future__ import annotations

from retender.outbound.limits import CONVEX_FAILURES, CONVEX_PROBE_SECONDS

_MOST_DOUBLINGS = 16


class Outage:
    def __init__(self) -> None:
        self._failures = 0
        self._pauses = 0
        self._trial = False
        self.until: float | None = None
        """While the receiver is away: when it is probed next."""

    @property
    def away(self) -> bool:
        return self.until is not None

    @property
    def over(self) -> bool:
        """Nothing is known that would speak against sending."""
        return not self.away and not self._trial

    def capacity(self, most: int) -> int:
        """How many requests may be under way now."""
        if self.away:
            return 0
        return 1 if self._trial else most

    def failed(self, now: float, random: float, retry_after: float | None = None) -> None:
        """A request failed with all its tries. `random` is uniform in [0, 1)."""
        if self.away:
            return
        self._failures += 1
        if self._trial or self._failures >= CONVEX_FAILURES or retry_after:
            self._wait(now, random, retry_after)

    def probe_failed(self, now: float, random: float, retry_after: float | None = None) -> None:
        self._wait(now, random, retry_after)

    def probe_answered(self) -> None:
        self.until = None
        self._trial = True

    def succeeded(self) -> None:
        """A request was answered, whatever the answer says of it."""
        self._failures = self._pauses = 0
        self._trial = False
        self.until = None

    def _wait(self, now: float, random: float, retry_after: float | None) -> None:
        first, longest = CONVEX_PROBE_SECONDS
        pause = min(longest, first * 2 ** min(self._pauses, _MOST_DOUBLINGS))
        asked = min(longest, retry_after or 0.0)
        self._pauses += 1
        self._trial = False
        self.until = now + max(asked, pause * (0.75 + random / 2))

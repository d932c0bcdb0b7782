"""Decides whether failed work is retried, and when: exponential backoff with full jitter."""

from __future__ import annotations

import msgspec

from retender.errors import Failure

SHORTEST_DELAY = 0.1
"""Seconds: no retry comes sooner, whatever the jitter."""

MAX_RETRY_AFTER = 86_400.0
"""Seconds: a longer `retry_after` is cut to this."""

# Any sensible factor reaches the cap much earlier; a float would overflow later.
_MOST_DOUBLINGS = 64


class RetryPolicy(msgspec.Struct, frozen=True):
    attempts: int = 3
    """Including the first."""
    first: float = 1.0
    factor: float = 2.0
    cap: float = 60.0

    def ceiling(self, attempt: int) -> float:
        """The longest delay after this attempt."""
        growth = self.factor ** min(max(0, attempt - 1), _MOST_DOUBLINGS)
        return min(self.cap, self.first * growth)


class RetryAt(msgspec.Struct, frozen=True):
    delay: float
    """Seconds from now."""


class GiveUp(msgspec.Struct, frozen=True):
    failure: Failure


def decide(policy: RetryPolicy, attempt: int, failure: Failure, random: float) -> RetryAt | GiveUp:
    """`attempt` is the one that failed, counted from 1; `random` is uniform in [0, 1).

    Full jitter: pieces that failed together are not retried together, nor all at the moment that
    `retry_after` names.
    """
    if not failure.retryable or attempt >= policy.attempts:
        return GiveUp(failure)
    asked = min(failure.retry_after or 0.0, MAX_RETRY_AFTER)
    return RetryAt(max(SHORTEST_DELAY, asked + random * policy.ceiling(attempt)))

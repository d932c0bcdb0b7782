"""Whether what went wrong is tried again, and when."""

from __future__ import annotations

import msgspec

from retender.errors import Failure

SHORTEST_DELAY = 0.1
"""Even with the luckiest jitter a fault gets so many seconds to pass."""

MAX_RETRY_AFTER = 86_400.0
"""Nobody is believed who asks for a longer wait than a day, in seconds."""

# Any sane factor has reached the cap long before; a float would overflow some time after.
_MOST_DOUBLINGS = 64


class RetryPolicy(msgspec.Struct, frozen=True):
    attempts: int = 3
    """The first one included."""
    first: float = 1.0
    factor: float = 2.0
    cap: float = 60.0

    def ceiling(self, attempt: int) -> float:
        """The longest delay after so many attempts."""
        growth = self.factor ** min(max(0, attempt - 1), _MOST_DOUBLINGS)
        return min(self.cap, self.first * growth)


class RetryAt(msgspec.Struct, frozen=True):
    delay: float
    """Seconds from now."""


class GiveUp(msgspec.Struct, frozen=True):
    failure: Failure


def decide(policy: RetryPolicy, attempt: int, failure: Failure, random: float) -> RetryAt | GiveUp:
    """`attempt` is the one that failed, counted from 1; `random` is uniform in [0, 1).

    Full jitter: pieces that failed together do not come back together, and those that were told
    when to come back do not all come at that moment.
    """
    if not failure.retryable or attempt >= policy.attempts:
        return GiveUp(failure)
    asked = min(failure.retry_after or 0.0, MAX_RETRY_AFTER)
    return RetryAt(max(SHORTEST_DELAY, asked + random * policy.ceiling(attempt)))

"""Limits the rate of requests of each caller, with a token bucket for each.

A bucket fills evenly, and each request takes one token. For each bucket only the time is stored at
which it will be full again.
"""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Mapping

MINUTE = 60.0


class Counted(enum.StrEnum):
    """The kinds of requests whose rate is limited."""

    SUBMISSION = "submission"
    WRONG_KEY = "wrong_key"


class Rate:
    """`per_minute` requests at once, and as many again in each minute. 0: no limit."""

    def __init__(self, per_minute: int, most: int) -> None:
        """`most`: callers that are counted. For one more, the count of the one that was quiet for
        longest is forgotten."""
        self._per_minute = per_minute
        self._most = most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, who: str, now: float) -> float:
        """Take one token and return 0; or, if there is none, the seconds until there is one."""
        if not self._per_minute:
            return 0.0
        each = MINUTE / self._per_minute
        full_at = max(now, self._full_at.get(who, now))
        over = full_at + each - now - MINUTE
        # Rounding must not cost a bucket its last token.
        if over > each / 1e6:
            return over
        self._full_at[who] = full_at + each
        self._full_at.move_to_end(who)
        self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Full buckets need not be stored. Beyond the limit, the oldest others are dropped too."""
        while self._full_at:
            who, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._most:
                return
            del self._full_at[who]


class Rates:
    """One rate for each kind of request."""

    def __init__(self, per_minute: Mapping[str, int], most: int) -> None:
        """Kinds that are not named have no limit."""
        self._rates = {Counted(kind): Rate(limit, most) for kind, limit in per_minute.items()}

    def wait(self, kind: Counted, who: str, now: float) -> float:
        rate = self._rates.get(kind)
        return 0.0 if rate is None else rate.wait(who, now)

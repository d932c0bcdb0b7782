"""Job: count the requests of each caller, so that a limit holds for the whole service and not for
    each of the processes that serve HTTP.
Receives: `take` from each process that serves HTTP, where there are several.
Sends: nothing.
A crash: what was counted is forgotten. Each caller may at once send again what one minute allows.
"""

from __future__ import annotations

import msgspec

from actors.limits import CALLERS_COUNTED
from actors.runtime.api import Context
from retender.rates import Counted, Rates


class Take(msgspec.Struct, frozen=True, array_like=True):
    """One request that is to be counted."""

    kind: Counted
    caller: str


class RateLimiter:
    def __init__(self, per_minute: dict[str, int]) -> None:
        """The limits, by what is counted (`Counted`). What is not named has none."""
        self._rates = Rates(per_minute, CALLERS_COUNTED)

    async def started(self, ctx: Context) -> None:
        self._clock = ctx.clock

    async def take(self, requests: tuple[Take, ...]) -> tuple[float, ...]:
        """For each request 0 if it is within the limit, and then it is counted; else the seconds
        until the next one will be."""
        now = self._clock.monotonic()
        return tuple(self._rates.wait(each.kind, each.caller, now) for each in requests)

"""How often callers may ask: counted in this process, or for all processes that serve HTTP.

Where there is one such process, it counts by itself. Where there are several, the RateLimiter
counts for all (docs/decisions/0019): requests that come while a question to it is under way share
the next one, and a caller that has to wait is refused here until its time has come. If the
RateLimiter does not answer, each process counts by itself for a while. So there is always a limit,
if only one for each process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from loguru import logger

from actors.limits import CALLERS_COUNTED
from actors.rate_limiter import RateLimiter, Take
from actors.runtime.api import Clock, Ref
from retender.errors import RetenderError
from retender.rates import Counted, Rates
from serve_app.limits import LIMITER_AWAY_SECONDS, LIMITER_SECONDS, TAKES_AT_ONCE


class RateLimits(Protocol):
    async def wait(self, kind: Counted, caller: str) -> float:
        """Count one request and return 0; or the seconds until one is within the limit again."""


class OwnRateLimits:
    """Of a process that alone serves HTTP."""

    def __init__(self, per_minute: Mapping[str, int], clock: Clock) -> None:
        self._rates = Rates(per_minute, CALLERS_COUNTED)
        self._clock = clock

    async def wait(self, kind: Counted, caller: str) -> float:
        return self._rates.wait(kind, caller, self._clock.monotonic())


class _Waiting(NamedTuple):
    take: Take
    answer: asyncio.Future[float]


class SharedRateLimits:
    def __init__(
        self, limiter: Ref[RateLimiter], per_minute: Mapping[str, int], clock: Clock
    ) -> None:
        self._limiter = limiter.within(LIMITER_SECONDS)
        self._limited = frozenset(kind for kind, limit in per_minute.items() if limit)
        self._own = OwnRateLimits(per_minute, clock)
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._asking: asyncio.Task[None] | None = None
        self._refused: OrderedDict[Take, float] = OrderedDict()
        """Until when a caller is refused without a question."""
        self._away_until = float("-inf")

    async def wait(self, kind: Counted, caller: str) -> float:
        if kind not in self._limited:
            return 0.0
        take = Take(kind, caller)
        now = self._clock.monotonic()
        if (until := self._refused.get(take, now)) > now:
            return until - now
        if now < self._away_until:
            return await self._own.wait(kind, caller)
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(take, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), TAKES_AT_ONCE))]
            try:
                takes = tuple(each.take for each in batch)
                waits = await self._limiter.ask(RateLimiter.take, takes)
            except RetenderError as error:
                await self._count_alone(batch, error)
            except BaseException as bug:
                for each in batch:
                    if not each.answer.done():
                        each.answer.set_exception(bug)
                raise
            else:
                for each, wait in zip(batch, waits, strict=True):
                    self._answer(each, wait)

    async def _count_alone(self, batch: list[_Waiting], error: RetenderError) -> None:
        logger.warning("callers are counted in each process for now: {}", error.message)
        self._away_until = self._clock.monotonic() + LIMITER_AWAY_SECONDS
        for each in (*batch, *self._waiting):
            self._answer(each, await self._own.wait(each.take.kind, each.take.caller))
        self._waiting.clear()

    def _answer(self, each: _Waiting, wait: float) -> None:
        if wait > 0:
            self._refused[each.take] = self._clock.monotonic() + wait
            self._refused.move_to_end(each.take)
            if len(self._refused) > CALLERS_COUNTED:
                self._refused.popitem(last=False)
        if not each.answer.done():
            each.answer.set_result(wait)

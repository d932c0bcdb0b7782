"""The rate limiter of Groq requests: the usage ledger on disk, and the queue of waiting requests.

Each change locks the ledger file, reads it, decides, and replaces it atomically, synced to disk,
before the request is sent. So a restart forgets nothing, and several workers on one disk share the
limits. They do not share the queue: each worker has its own order of waiting requests.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec
from loguru import logger

from retender.cancellation import finish
from retender.engines.groq.failures import GroqFailed
from retender.engines.limits import RETURNING_REQUESTS_KEPT
from retender.engines.usage_ledger import (
    Allowed,
    Charge,
    NeverAllowed,
    UsageLedger,
    Wait,
    close,
    reserve,
    settle,
    usage,
)
from retender.errors import TooLong
from retender.scheduling.limits import LIMIT_CHECK_SECONDS
from retender.storage import durable_files, file_lock
from retender.storage.disk_space import raising_storage_full
from retender.workers.usage import Usage, UsageLimits

R = TypeVar("R")

SHORTEST_WAIT: Final = 0.05
LONGEST_WAIT: Final = 30.0
"""The ledger is checked again after at most so many seconds: another worker may have ended a
request, and clocks may be set."""


_POSITION_GRACE: Final = 60.0
"""Seconds that a position is kept beyond the time at which its request should ask again."""


class UsageLedgerFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = path.with_suffix(".lock")

    def read(self) -> UsageLedger:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=UsageLedger)
        except FileNotFoundError:
            return UsageLedger()
        except msgspec.MsgspecError as error:
            # At worst the service refuses a request, and says for how long.
            logger.warning("{} cannot be read, so it starts empty: {}", self._path, error)
            return UsageLedger()

    def change(self, decide: Callable[[UsageLedger], tuple[UsageLedger, R]]) -> R:
        """The change is on the disk on return."""
        with raising_storage_full("the record of what was sent"), self._locked():
            before = self.read()
            after, answer = decide(before)
            if after != before:
                self._write(after)
        return answer

    def _write(self, ledger: UsageLedger) -> None:
        durable_files.replace_file(self._path, msgspec.json.encode(ledger))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        durable_files.make_folder(self._path.parent)
        with file_lock.locked(self._lock):
            yield


class GroqLimited(Exception):
    """The request would have to wait longer than its `max_wait`. Its position in the queue is kept
    for a while, until it asks again."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"the rate limit is reached for another {wait:.0f} s")
        self.wait = wait


class _WaitingRequest(NamedTuple):
    seconds: float
    kept_until: float
    """How long the position is kept; infinite while the request waits."""


class Reservation:
    """A request that may be sent. Its sender sets what it is charged."""

    def __init__(self) -> None:
        self.ticket: int | None = None
        self.charge = Charge.NOTHING
        self.closed_for: float | None = None
        """Seconds for which the service accepts no more requests; None: it does."""


class GroqRateLimiter:
    def __init__(
        self, file: UsageLedgerFile, limits: UsageLimits, now: Callable[[], float]
    ) -> None:
        self._file = file
        self._limits = limits
        self._now = now
        self._queue: dict[Hashable, _WaitingRequest] = {}
        self._changed = asyncio.Event()

    @property
    def limits(self) -> UsageLimits:
        return self._limits

    async def usage(self) -> Usage:
        return usage(await finish(asyncio.to_thread(self._file.read)), self._limits, self._now())

    @asynccontextmanager
    async def reserve(
        self, seconds: float, position: Hashable = None, max_wait: float = math.inf
    ) -> AsyncIterator[Reservation]:
        """Wait until a request with so much audio is within the limits. It may be sent in the
        block.

        Raises `GroqLimited` if the wait would be longer than `max_wait`. A request that asks again
        with the same `position` keeps its position in the queue.
        """
        reservation = Reservation()
        try:
            await self._wait(reservation, seconds, position, max_wait)
            yield reservation
        finally:
            if reservation.ticket is not None:
                await finish(asyncio.to_thread(self._file.change, self._settled(reservation)))
                self._wake()

    async def _wait(
        self, reservation: Reservation, seconds: float, position: Hashable, max_wait: float
    ) -> None:
        key = self._enter(position, seconds)
        kept_until = -math.inf
        try:
            while True:
                changed = self._changed
                decision = await finish(
                    asyncio.to_thread(self._file.change, self._reserved(reservation, key, seconds))
                )
                if isinstance(decision, Allowed):
                    return
                if isinstance(decision, NeverAllowed):
                    sentence = f"{seconds:.0f} s in one piece, and Groq takes {decision.largest} s"
                    raise GroqFailed(TooLong(sentence).failure(), Charge.NOTHING)
                if (wait := decision.until - self._now()) > max_wait:
                    kept_until = self._now() + min(wait, LIMIT_CHECK_SECONDS) + _POSITION_GRACE
                    raise GroqLimited(wait)
                await _first(changed, min(LONGEST_WAIT, max(SHORTEST_WAIT, wait)))
        finally:
            self._leave(key, seconds, kept_until)
            self._wake()

    def _enter(self, position: Hashable, seconds: float) -> Hashable:
        """Enter the queue at its end, or at the position that was kept. Returns the key in the
        queue."""
        now = self._now()
        for other, waiting in list(self._queue.items()):
            if waiting.kept_until < now:
                del self._queue[other]
        before = self._queue.get(position)
        key = (
            object() if position is None or (before and before.kept_until == math.inf) else position
        )
        self._queue[key] = _WaitingRequest(seconds, math.inf)
        return key

    def _leave(self, key: Hashable, seconds: float, kept_until: float) -> None:
        kept = sum(each.kept_until < math.inf for each in self._queue.values())
        if kept_until > self._now() and kept < RETURNING_REQUESTS_KEPT:
            self._queue[key] = _WaitingRequest(seconds, kept_until)
        else:
            del self._queue[key]

    def _reserved(
        self, reservation: Reservation, key: Hashable, seconds: float
    ) -> Callable[[UsageLedger], tuple[UsageLedger, Allowed | Wait | NeverAllowed]]:
        queue, now = list(self._queue), self._now()
        before = (self._queue[other] for other in queue[: queue.index(key)])
        ahead = tuple(each.seconds for each in before if each.kept_until >= now)

        def decide(ledger: UsageLedger) -> tuple[UsageLedger, Allowed | Wait | NeverAllowed]:
            decision = reserve(ledger, self._limits, seconds, self._now(), ahead)
            if not isinstance(decision, Allowed):
                return ledger, decision
            reservation.ticket = decision.ticket
            return decision.ledger, decision

        return decide

    def _settled(
        self, reservation: Reservation
    ) -> Callable[[UsageLedger], tuple[UsageLedger, None]]:
        now = self._now()
        ticket = reservation.ticket
        assert ticket is not None

        def decide(ledger: UsageLedger) -> tuple[UsageLedger, None]:
            ledger = settle(ledger, ticket, now, reservation.charge)
            if reservation.closed_for is not None:
                ledger = close(ledger, now + reservation.closed_for)
            return ledger, None

        return decide

    def _wake(self) -> None:
        """Waiting requests try again."""
        self._changed.set()
        self._changed = asyncio.Event()


async def _first(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return

"""The budget's ledger on disk, and the line of requests that wait for room in it.

Nobody owns the file: each change locks it, reads it, decides and replaces it whole, synced to
disk, before the request is sent. So a restart forgets nothing, and several workers on one disk
share one budget. They do not share the line: who waits in which order is each worker's own.
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

SHORTEST_LOOK: Final = 0.05
LONGEST_LOOK: Final = 30.0
"""However long the wait is said to be, the ledger is looked at again after so many seconds:
another worker may have given something back, and clocks are set."""


_PLACE_GRACE: Final = 60.0
"""Seconds beyond the time at which it should ask again, for everything that may be in between."""


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
            # At worst the service refuses a request, and says until when.
            logger.warning("{} cannot be read and is begun anew: {}", self._path, error)
            return UsageLedger()

    def change(self, decide: Callable[[UsageLedger], tuple[UsageLedger, R]]) -> R:
        """On disk before it returns."""
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


class RateLimited(Exception):
    """There is none for longer than the asker has patience. Its place in the line is kept for a
    while, so that it can come back."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"there is no room for another {wait:.0f} s")
        self.wait = wait


class _WaitingRequest(NamedTuple):
    seconds: float
    kept_until: float
    """Of someone who has gone and may come back; for ever while it is there."""


class Reservation:
    """One request that has been let go. Whoever sends it says what it came to."""

    def __init__(self) -> None:
        self.ticket: int | None = None
        self.charge = Charge.NOTHING
        self.closed_for: float | None = None
        """The service takes nothing for so many seconds."""


class RateLimiter:
    def __init__(
        self, file: UsageLedgerFile, limits: UsageLimits, now: Callable[[], float]
    ) -> None:
        self._file = file
        self._limits = limits
        self._now = now
        self._line: dict[Hashable, _WaitingRequest] = {}
        self._changed = asyncio.Event()

    @property
    def limits(self) -> UsageLimits:
        return self._limits

    async def usage(self) -> Usage:
        return usage(await finish(asyncio.to_thread(self._file.read)), self._limits, self._now())

    @asynccontextmanager
    async def spend(
        self, seconds: float, place: Hashable = None, max_wait: float = math.inf
    ) -> AsyncIterator[Reservation]:
        """Wait for room for a request with so much audio; inside the block it may be sent.

        Raises `NoRoom` where that would take longer than the patience. Who then asks again under
        the same `place` has lost no time.
        """
        spending = Reservation()
        try:
            await self._wait_for_room(spending, seconds, place, max_wait)
            yield spending
        finally:
            if spending.ticket is not None:
                await finish(asyncio.to_thread(self._file.change, self._over(spending)))
                self._tell()

    async def _wait_for_room(
        self, spending: Reservation, seconds: float, place: Hashable, max_wait: float
    ) -> None:
        me = self._enter(place, seconds)
        kept_until = -math.inf
        try:
            while True:
                changed = self._changed
                verdict = await finish(
                    asyncio.to_thread(self._file.change, self._let_go(spending, me, seconds))
                )
                if isinstance(verdict, Allowed):
                    return
                if isinstance(verdict, NeverAllowed):
                    sentence = f"{seconds:.0f} s in one piece, and Groq takes {verdict.largest} s"
                    raise GroqFailed(TooLong(sentence).failure(), Charge.NOTHING)
                if (wait := verdict.until - self._now()) > max_wait:
                    kept_until = self._now() + min(wait, LIMIT_CHECK_SECONDS) + _PLACE_GRACE
                    raise RateLimited(wait)
                await _first(changed, min(LONGEST_LOOK, max(SHORTEST_LOOK, wait)))
        finally:
            self._leave(me, seconds, kept_until)
            self._tell()

    def _enter(self, place: Hashable, seconds: float) -> Hashable:
        """At the end of the line, or where it stood before."""
        now = self._now()
        for other, taken in list(self._line.items()):
            if taken.kept_until < now:
                del self._line[other]
        before = self._line.get(place)
        me = object() if place is None or (before and before.kept_until == math.inf) else place
        self._line[me] = _WaitingRequest(seconds, math.inf)
        return me

    def _leave(self, me: Hashable, seconds: float, kept_until: float) -> None:
        kept = sum(place.kept_until < math.inf for place in self._line.values())
        if kept_until > self._now() and kept < RETURNING_REQUESTS_KEPT:
            self._line[me] = _WaitingRequest(seconds, kept_until)
        else:
            del self._line[me]

    def _let_go(
        self, spending: Reservation, me: Hashable, seconds: float
    ) -> Callable[[UsageLedger], tuple[UsageLedger, Allowed | Wait | NeverAllowed]]:
        line, now = list(self._line), self._now()
        before = (self._line[other] for other in line[: line.index(me)])
        ahead = tuple(place.seconds for place in before if place.kept_until >= now)

        def decide(ledger: UsageLedger) -> tuple[UsageLedger, Allowed | Wait | NeverAllowed]:
            verdict = reserve(ledger, self._limits, seconds, self._now(), ahead)
            if not isinstance(verdict, Allowed):
                return ledger, verdict
            spending.ticket = verdict.ticket
            return verdict.ledger, verdict

        return decide

    def _over(self, spending: Reservation) -> Callable[[UsageLedger], tuple[UsageLedger, None]]:
        now = self._now()
        ticket = spending.ticket
        assert ticket is not None

        def decide(ledger: UsageLedger) -> tuple[UsageLedger, None]:
            ledger = settle(ledger, ticket, now, spending.charge)
            if spending.closed_for is not None:
                ledger = close(ledger, now + spending.closed_for)
            return ledger, None

        return decide

    def _tell(self) -> None:
        """Whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()


async def _first(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return

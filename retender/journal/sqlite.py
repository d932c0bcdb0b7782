"""The journal in one SQLite file: the default, and enough for one machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cached_property, partial
from typing import ClassVar, Self

import msgspec

from retender.deliveries import Backlog, Delivery
from retender.events import Event
from retender.jobs import Job
from retender.journal import outbox, reads
from retender.journal.api import Journal, Page, Precedents, Recovery, Stored, Write
from retender.journal.connection import ConnectionThread
from retender.journal.database import BorrowedDatabase, DatabaseFile, Synchronous, transaction
from retender.journal.writer import Writer
from retender.states import Status
from retender.transcript import Segment


class SqliteJournal:
    """Implements `Journal`. Each call is one transaction, and one hop to the journal's thread."""

    writer: ClassVar[type[Writer]] = Writer

    def __init__(self, thread: ConnectionThread) -> None:
        self._thread = thread

    @classmethod
    async def over(cls, connection: sqlite3.Connection) -> Self:
        """On a connection that outlives the journal. It must be in autocommit mode
        (`isolation_level=None`) and usable from other threads (`check_same_thread=False`)."""
        thread = ConnectionThread(BorrowedDatabase(connection))
        await thread.open()
        return cls(thread)

    async def begin_epoch(self) -> Recovery:
        return await self._thread.run(reads.begin_epoch)

    async def commit(self, epoch: int, writes: Sequence[Write]) -> None:
        await self._thread.run(partial(self._commit, epoch=epoch, writes=writes))

    async def job(self, job_id: str) -> Job | None:
        return await self._thread.run(partial(reads.job, job_id=job_id))

    async def stored(self, job_id: str) -> Stored | None:
        return await self._thread.run(partial(reads.stored, job_id=job_id))

    async def jobs(
        self, *, owner: str | None, status: Status | None, limit: int, cursor: str | None
    ) -> Page:
        asked = partial(reads.jobs, owner=owner, status=status, limit=limit, cursor=cursor)
        return await self._thread.run(asked)

    async def precedents(
        self, job_id: str, *, owner: str, key: str | None, cache_key: str | None
    ) -> Precedents:
        asked = partial(reads.precedents, job_id=job_id, owner=owner, key=key, cache_key=cache_key)
        return await self._thread.run(asked)

    async def completed(self, cache_key: str) -> Job | None:
        return await self._thread.run(partial(reads.completed, cache_key=cache_key))

    async def events(self, job_id: str, since: int, limit: int) -> tuple[Event, ...]:
        return await self._thread.run(
            partial(reads.events, job_id=job_id, since=since, limit=limit)
        )

    async def log(self, after: int, limit: int) -> tuple[Event, ...]:
        return await self._thread.run(partial(reads.log, after=after, limit=limit))

    async def segments(self, job_id: str) -> tuple[Segment, ...]:
        return await self._thread.run(partial(reads.segments, job_id=job_id))

    async def due(
        self, consumer: str, now: float, busy: Sequence[str], limit: int
    ) -> tuple[Delivery, ...]:
        asked = partial(outbox.due, consumer=consumer, now=now, busy=busy, limit=limit)
        return await self._thread.run(asked)

    async def next_due(self, consumer: str, after: float) -> float | None:
        return await self._thread.run(partial(outbox.next_due, consumer=consumer, after=after))

    async def backlog(self, consumer: str) -> Backlog:
        return await self._thread.run(partial(outbox.backlog, consumer=consumer))

    async def deliveries(self, job_id: str, consumer: str) -> tuple[Delivery, ...]:
        asked = partial(outbox.deliveries, job_id=job_id, consumer=consumer)
        return await self._thread.run(asked)

    async def audio_in_use(self, finished_after: float) -> frozenset[str]:
        return await self._thread.run(partial(reads.audio_in_use, finished_after=finished_after))

    async def finished_before(self, at: float, limit: int) -> tuple[str, ...]:
        return await self._thread.run(partial(reads.finished_before, at=at, limit=limit))

    async def close(self) -> None:
        await self._thread.close()

    def _commit(self, connection: sqlite3.Connection, epoch: int, writes: Sequence[Write]) -> None:
        with transaction(connection):
            writer = self.writer(connection)
            writer.check_epoch(epoch)
            writer.apply(writes)


class SqliteOpener(msgspec.Struct, frozen=True, dict=True):
    """Opens the journal at `path`: plain data, so that it can be sent to another process.

    Opening again takes over: a journal that this opener had opened, and whose actor died without
    closing it, is closed first, once what is under way in it is through.
    """

    path: str
    synchronous: Synchronous = "full"

    async def __call__(self) -> Journal:
        await self._seat.vacate()
        thread = ConnectionThread(DatabaseFile(self.path, self.synchronous))
        self._seat.thread = thread
        await thread.open()
        return SqliteJournal(thread)

    @cached_property
    def _seat(self) -> _Seat:
        return _Seat()


class _Seat:
    """What this opener has open in this process; not part of its data."""

    thread: ConnectionThread | None = None

    async def vacate(self) -> None:
        if self.thread is not None:
            await self.thread.close()
            self.thread = None

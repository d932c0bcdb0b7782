"""The journal's queries and commits, over any SQL database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, TypeVar

from retender.audio.peaks import Peaks
from retender.jobs.deliveries import Backlog, Delivery
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.journal import edits, indexing, listings, outbox, reads, search, texts
from retender.journal.api import (
    Listing,
    MatchingJobs,
    Page,
    Recovery,
    Stored,
    StoredText,
    Unindexed,
    Write,
)
from retender.journal.connection import ConnectionThread, Database
from retender.journal.statements import Connection
from retender.journal.writer import Writer
from retender.transcript.edits import Edit, Versions
from retender.transcript.pages import Place
from retender.transcript.search import Passage
from retender.transcript.segments import Segment

R = TypeVar("R")


class SqlReader:
    """Implements `JournalReader`. Each call runs as one function on one thread."""

    def __init__(self, thread: ConnectionThread) -> None:
        self._thread = thread

    async def job(self, job_id: str) -> Job | None:
        return await self._read(partial(reads.job, job_id=job_id))

    async def stored(self, job_id: str) -> Stored | None:
        return await self._read(partial(reads.stored, job_id=job_id))

    async def jobs(self, listing: Listing) -> Page:
        return await self._read(partial(listings.jobs, listing=listing))

    async def passage(self, job_id: str, words: tuple[str, ...]) -> Passage | None:
        return await self._read(partial(search.find_passage, job_id=job_id, words=words))

    async def unindexed(self, before: Unindexed | None = None) -> Unindexed | None:
        return await self._read(partial(indexing.unindexed, before=before))

    async def matching_jobs(
        self,
        job_id: str,
        *,
        owner: str,
        key: str | None,
        cache_key: str | None,
        shared: bool = False,
    ) -> MatchingJobs:
        query = partial(
            reads.matching_jobs,
            job_id=job_id,
            owner=owner,
            key=key,
            cache_key=cache_key,
            shared=shared,
        )
        return await self._read(query)

    async def completed(self, cache_key: str, owner: str | None) -> Job | None:
        return await self._read(partial(reads.completed, cache_key=cache_key, owner=owner))

    async def events(self, job_id: str, since: int, limit: int) -> tuple[Event, ...]:
        return await self._read(partial(reads.events, job_id=job_id, since=since, limit=limit))

    async def log(self, after: int, limit: int) -> tuple[Event, ...]:
        return await self._read(partial(reads.log, after=after, limit=limit))

    async def segments(self, job_id: str) -> tuple[Segment, ...]:
        return await self._read(partial(reads.segments, job_id=job_id))

    async def text(
        self, job_id: str, version: int | None = None, place: Place | None = None
    ) -> StoredText | None:
        return await self._read(partial(texts.text, job_id=job_id, version=version, place=place))

    async def peaks(self, job_id: str) -> Peaks | None:
        return await self._read(partial(reads.peaks, job_id=job_id))

    async def versions(self, job_id: str) -> Versions:
        return await self._read(partial(edits.versions, job_id=job_id))

    async def edit(self, job_id: str, version: int | None = None) -> Edit | None:
        return await self._read(partial(edits.edit, job_id=job_id, version=version))

    async def due(
        self, consumer: str, now: float, busy: Sequence[str], limit: int
    ) -> tuple[Delivery, ...]:
        query = partial(outbox.due, consumer=consumer, now=now, busy=busy, limit=limit)
        return await self._read(query)

    async def next_due(self, consumer: str, after: float) -> float | None:
        return await self._read(partial(outbox.next_due, consumer=consumer, after=after))

    async def backlog(self, consumer: str) -> Backlog:
        return await self._read(partial(outbox.backlog, consumer=consumer))

    async def parked(self, consumer: str, limit: int) -> tuple[Delivery, ...]:
        return await self._read(partial(outbox.parked, consumer=consumer, limit=limit))

    async def deliveries(self, job_id: str, consumer: str) -> tuple[Delivery, ...]:
        return await self._read(partial(outbox.deliveries, job_id=job_id, consumer=consumer))

    async def audio_in_use(self, asked: Sequence[str], finished_after: float) -> frozenset[str]:
        query = partial(reads.audio_in_use, asked=asked, finished_after=finished_after)
        return await self._read(query)

    async def finished_before(self, at: float, limit: int) -> tuple[str, ...]:
        return await self._read(partial(reads.finished_before, at=at, limit=limit))

    async def _read(self, work: Callable[[Connection], R]) -> R:
        return await self._thread.run(lambda database: database.read(work))


class SqlJournal(SqlReader):
    """Implements `Journal`. Each commit runs as one transaction on the journal's thread."""

    writer: ClassVar[type[Writer]] = Writer

    def __init__(self, thread: ConnectionThread, beside: ConnectionThread | None = None) -> None:
        """`beside`: the connection for reading; without one, commits wait for reads."""
        super().__init__(thread)
        self._beside = beside
        self._reader = None if beside is None else SqlReader(beside)

    @property
    def beside(self) -> SqlReader:
        return self._reader or self

    async def begin_epoch(self) -> Recovery:
        return await self._thread.run(lambda database: database.begin(reads.begin_epoch))

    async def commit(self, epoch: int, writes: Sequence[Write]) -> None:
        await self._thread.run(partial(self._commit, epoch=epoch, writes=writes))

    async def close(self) -> None:
        """The writing connection is the last to be closed."""
        if self._beside is not None:
            await self._beside.close()
        await self._thread.close()

    def _commit(self, database: Database, epoch: int, writes: Sequence[Write]) -> None:
        database.write(partial(self._apply, epoch=epoch, writes=writes))

    def _apply(self, connection: Connection, epoch: int, writes: Sequence[Write]) -> None:
        writer = self.writer(connection)
        writer.check_epoch(epoch)
        writer.apply(writes)

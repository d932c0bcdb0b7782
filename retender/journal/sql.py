"""The journal's queries and commits, over any SQL database."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from retender.journal import edits, indexing, listings, outbox, reads, search, texts
from retender.journal.api import Recovery, Write
from retender.journal.connection import ConnectionThread, Database
from retender.journal.statements import Connection
from retender.journal.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")


def _reading(
    query: Callable[Concatenate[Connection, P], R],
) -> Callable[Concatenate[SqlReader, P], Coroutine[Any, Any, R]]:
    """The query as a method of `SqlReader`. It runs as one function on one thread."""

    async def read(self: SqlReader, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.read(lambda connection: query(connection, *args, **kwargs))

    return read


class SqlReader:
    """Implements `JournalReader`."""

    def __init__(self, thread: ConnectionThread) -> None:
        self._thread = thread

    async def read(self, work: Callable[[Connection], R]) -> R:
        return await self._thread.run(lambda database: database.read(work))

    job = _reading(reads.job)
    stored = _reading(reads.stored)
    jobs = _reading(listings.jobs)
    passage = _reading(search.find_passage)
    unindexed = _reading(indexing.unindexed)
    matching_jobs = _reading(reads.matching_jobs)
    completed = _reading(reads.completed)
    events = _reading(reads.events)
    log = _reading(reads.log)
    segments = _reading(reads.segments)
    text = _reading(texts.text)
    peaks = _reading(reads.peaks)
    versions = _reading(edits.versions)
    edit = _reading(edits.edit)
    due = _reading(outbox.due)
    next_due = _reading(outbox.next_due)
    backlog = _reading(outbox.backlog)
    parked = _reading(outbox.parked)
    deliveries = _reading(outbox.deliveries)
    audio_in_use = _reading(reads.audio_in_use)
    finished_before = _reading(reads.finished_before)


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

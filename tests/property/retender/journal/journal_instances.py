"""Lives of a journal, each but the last ended by a crash, in whatever it is kept in.

A crash in the middle of a commit must leave nothing of it, one right after the acknowledgement all
of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from retender.errors import JournalError
from retender.journal.api import Write
from retender.journal.connection import ConnectionThread, Database
from retender.journal.database import DatabaseFile
from retender.journal.postgres.database import PostgresDatabase
from retender.journal.sql import SqlJournal
from retender.journal.writer import Writer
from tests.support.storage.postgres import Postgres


class Lives(Protocol):
    async def first(self) -> SqlJournal: ...

    async def crash(self, journal: SqlJournal) -> SqlJournal:
        """What the next life finds."""

    async def crash_in(
        self, journal: SqlJournal, epoch: int, writes: Sequence[Write], through: int
    ) -> SqlJournal:
        """The same, when so many of these writes of one commit were through."""

    async def end(self, journal: SqlJournal) -> None: ...


class SqliteLives:
    """A crash is a copy of the files as they are at that moment, opened elsewhere: what the disk
    of a machine holds whose process was killed then."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self._number = 0

    async def first(self) -> SqlJournal:
        return await _opened(self._database())

    async def crash(self, journal: SqlJournal) -> SqlJournal:
        elsewhere = self._picture()
        await journal.close()
        return await _opened(elsewhere)

    async def crash_in(
        self, journal: SqlJournal, epoch: int, writes: Sequence[Write], through: int
    ) -> SqlJournal:
        pictures: list[DatabaseFile] = []
        stopping = _stopped(through, lambda _: pictures.append(self._picture()))
        await stopping(journal._thread).commit(epoch, writes)
        await journal.close()
        return await _opened(pictures[0])

    async def end(self, journal: SqlJournal) -> None:
        await journal.close()
        shutil.rmtree(self._folder)

    def _picture(self) -> DatabaseFile:
        here = self._database().name
        self._number += 1
        elsewhere = self._database()
        for suffix in ("", "-wal"):
            source = Path(f"{here}{suffix}")
            if source.exists():
                shutil.copyfile(source, f"{elsewhere.name}{suffix}")
        return elsewhere

    def _database(self) -> DatabaseFile:
        return DatabaseFile(str(self._folder / f"life{self._number}.sqlite3"), "off")


class PostgresLives:
    """A crash leaves a connection behind that nobody speaks through any more; one in the middle
    of a commit is the end of it, as the server sees it."""

    def __init__(self, server: Postgres) -> None:
        self._address = server.address(server.database())
        self._left: list[SqlJournal] = []

    async def first(self) -> SqlJournal:
        return await _opened(PostgresDatabase(self._address, wait_seconds=0.0))

    async def crash(self, journal: SqlJournal) -> SqlJournal:
        self._left.append(journal)
        return await self.first()

    async def crash_in(
        self, journal: SqlJournal, epoch: int, writes: Sequence[Write], through: int
    ) -> SqlJournal:
        def end(writer: Writer) -> None:
            writer._connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises(JournalError, match="terminating"):
            await _stopped(through, end)(journal._thread).commit(epoch, writes)
        return await self.crash(journal)

    async def end(self, journal: SqlJournal) -> None:
        for each in (*self._left, journal):
            await each.close()


def _stopped(through: int, by: Callable[[Writer], None]) -> type[SqlJournal]:
    class Stopped(Writer):
        def apply(self, writes: Sequence[Write]) -> None:
            super().apply(writes[:through])
            by(self)
            super().apply(writes[through:])

    class StoppedJournal(SqlJournal):
        writer = Stopped

    return StoppedJournal


async def _opened(database: Database) -> SqlJournal:
    thread = ConnectionThread(database)
    await thread.open()
    return SqlJournal(thread)

"""The journal in one SQLite file: the default, and enough for one machine."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import Self

import msgspec

from retender.journal.api import Journal
from retender.journal.connection import ConnectionThread, OpenConnections
from retender.journal.database import BorrowedDatabase, DatabaseFile, ReadOnlyFile, Synchronous
from retender.journal.sql import SqlJournal


class SqliteJournal(SqlJournal):
    @classmethod
    async def over(cls, connection: sqlite3.Connection) -> Self:
        """A journal on a connection that outlives it. The connection must be in autocommit mode
        (`isolation_level=None`) and usable from other threads (`check_same_thread=False`)."""
        thread = ConnectionThread(BorrowedDatabase(connection))
        await thread.open()
        return cls(thread)


class SqliteOpener(msgspec.Struct, frozen=True, dict=True):
    """Opens the journal at `path`. It is plain data, so that it can be sent to another process.

    Opening again takes over: a journal that this opener opened before, and whose actor died without
    closing it, is closed first, after its running operations have ended.
    """

    path: str
    synchronous: Synchronous = "full"

    async def __call__(self) -> Journal:
        file = DatabaseFile(self.path, self.synchronous)
        return SqliteJournal(*await self._open.replace(file, ReadOnlyFile(self.path)))

    @cached_property
    def _open(self) -> OpenConnections:
        """Not part of the data that is sent."""
        return OpenConnections()

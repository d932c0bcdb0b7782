"""The journal in one SQLite file: the default, and enough for one machine."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import Self

import msgspec

from retender.journal.api import Journal
from retender.journal.connection import ConnectionThread, ThreadSlot
from retender.journal.database import BorrowedDatabase, DatabaseFile, Synchronous
from retender.journal.sql import SqlJournal


class SqliteJournal(SqlJournal):
    @classmethod
    async def over(cls, connection: sqlite3.Connection) -> Self:
        """On a connection that outlives the journal. It must be in autocommit mode
        (`isolation_level=None`) and usable from other threads (`check_same_thread=False`)."""
        thread = ConnectionThread(BorrowedDatabase(connection))
        await thread.open()
        return cls(thread)


class SqliteOpener(msgspec.Struct, frozen=True, dict=True):
    """Opens the journal at `path`: plain data, so that it can be sent to another process.

    Opening again takes over: a journal that this opener had opened, and whose actor died without
    closing it, is closed first, once what is under way in it is through.
    """

    path: str
    synchronous: Synchronous = "full"

    async def __call__(self) -> Journal:
        return SqliteJournal(await self._seat.take(DatabaseFile(self.path, self.synchronous)))

    @cached_property
    def _seat(self) -> ThreadSlot:
        """Not part of its data."""
        return ThreadSlot()

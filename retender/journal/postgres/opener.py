"""The journal in a PostgreSQL database: for services whose machines may come and go."""

from __future__ import annotations

from functools import cached_property

import msgspec

from retender.journal.api import Journal
from retender.journal.connection import ThreadSlot
from retender.journal.limits import DATABASE_WAIT_SECONDS
from retender.journal.postgres.database import PostgresDatabase
from retender.journal.sql import SqlJournal


class PostgresOpener(msgspec.Struct, frozen=True, dict=True):
    """Opens the journal at `url`: plain data, so that it can be sent to another process.

    Opening again takes over, in this process as in any other: the new epoch fences out whoever
    had one before. Only from a newer service that lives nothing is taken.
    """

    url: str
    wait_seconds: float = DATABASE_WAIT_SECONDS
    since: float = 0.0
    """When the service began, of which all its openers are told the same: seconds since 1970."""

    async def __call__(self) -> Journal:
        database = PostgresDatabase(self.url, self.wait_seconds, self.since)
        return SqlJournal(await self._seat.take(database))

    def __repr__(self) -> str:
        """Without the address, for the password is in it."""
        return f"{type(self).__name__}(…)"

    @cached_property
    def _seat(self) -> ThreadSlot:
        """Not part of its data."""
        return ThreadSlot()

"""The journal in a PostgreSQL database: for services whose machines may be replaced."""

from __future__ import annotations

from functools import cached_property

import msgspec

from retender.journal.api import Journal
from retender.journal.connection import OpenConnections
from retender.journal.limits import DATABASE_WAIT_SECONDS
from retender.journal.postgres.database import PostgresDatabase, ReadOnlyDatabase
from retender.journal.sql import SqlJournal


class PostgresOpener(msgspec.Struct, frozen=True, dict=True):
    """Opens the journal at `url`. It is plain data, so that it can be sent to another process.

    Opening again takes over, in this process or another: the new epoch fences out the previous
    writer. Only a newer service that is running keeps the journal.
    """

    url: str
    wait_seconds: float = DATABASE_WAIT_SECONDS
    since: float = 0.0
    """When the service started, in seconds since 1970: the same for all its openers."""

    async def __call__(self) -> Journal:
        options = (self.url, self.wait_seconds, self.since)
        return SqlJournal(
            *await self._open.replace(PostgresDatabase(*options), ReadOnlyDatabase(*options))
        )

    def __repr__(self) -> str:
        """Without the address, which contains the password."""
        return f"{type(self).__name__}(…)"

    @cached_property
    def _open(self) -> OpenConnections:
        """Not part of the data that is sent."""
        return OpenConnections()

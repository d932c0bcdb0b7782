"""The journal in a PostgreSQL database: for services whose machines may be replaced."""

from __future__ import annotations

from functools import cached_property

import msgspec

from retender.journal.api import Journal
from retender.journal.connection import ThreadSlot
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
        await self._reading.close()
        options = (self.url, self.wait_seconds, self.since)
        writing = await self._writing.take(PostgresDatabase(*options))
        try:
            reading = await self._reading.take(ReadOnlyDatabase(*options))
        except BaseException:
            await writing.close()
            raise
        return SqlJournal(writing, reading)

    def __repr__(self) -> str:
        """Without the address, which contains the password."""
        return f"{type(self).__name__}(…)"

    @cached_property
    def _writing(self) -> ThreadSlot:
        """Not part of the data that is sent."""
        return ThreadSlot()

    @cached_property
    def _reading(self) -> ThreadSlot:
        """Likewise."""
        return ThreadSlot()

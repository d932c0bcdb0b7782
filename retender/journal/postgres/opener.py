"""The journal in a PostgreSQL database: for services whose machines may come and go."""

from __future__ import annotations

from functools import cached_property

import msgspec

from retender.journal.api import Journal
from retender.journal.connection import Seat
from retender.journal.postgres.database import PostgresDatabase
from retender.journal.sql import SqlJournal
from retender.limits import DATABASE_PATIENCE


class PostgresOpener(msgspec.Struct, frozen=True, dict=True):
    """Opens the journal at `url`: plain data, so that it can be sent to another process.

    Opening again takes over, in this process as in any other: the new epoch fences out whoever
    had one before.
    """

    url: str
    patience: float = DATABASE_PATIENCE

    async def __call__(self) -> Journal:
        return SqlJournal(await self._seat.take(PostgresDatabase(self.url, self.patience)))

    def __repr__(self) -> str:
        """Without the address, for the password is in it."""
        return f"{type(self).__name__}(…)"

    @cached_property
    def _seat(self) -> Seat:
        """Not part of its data."""
        return Seat()

"""A connection to PostgreSQL, which is replaced when it breaks.

If the database cannot be reached for a while (restarted, failed over, cut off), operations wait and
are then repeated, without any effect for the caller. They also wait while a newer service has the
journal. If a wait takes too long, the error says why.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Final, TypeVar

import psycopg
from loguru import logger

from retender.errors import JournalAway, Superseded
from retender.journal.postgres import faults, precedence, schema
from retender.journal.postgres.address import Address
from retender.journal.postgres.commit import Commit, Stamp
from retender.journal.postgres.dialect import Session
from retender.journal.postgres.retry_pauses import RetryPauses
from retender.journal.statements import Connection

R = TypeVar("R")

_ONE_STATE: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class PostgresDatabase:
    """Implements `connection.Database`."""

    def __init__(self, url: str, wait_seconds: float, since: float = 0.0) -> None:
        """`wait_seconds`: the longest wait, as the sum of the pauses between attempts. `since`:
        when the service started."""
        self._address = Address(url)
        self._wait_seconds = wait_seconds
        self._since = since
        self._connection: psycopg.Connection | None = None
        self._stopped = Event()
        self._stamp: Stamp | None = None

    @property
    def name(self) -> str:
        return self._address.name

    def open(self) -> None:
        self._with_retries(lambda _: None)

    def read(self, work: Callable[[Connection], R]) -> R:
        return self._with_retries(lambda connection: work(Session(connection)))

    def write(self, work: Callable[[Connection], R]) -> R:
        commit = Commit(work, self._stamp, self.name)
        answer, self._stamp = self._with_retries(commit.attempt)
        return answer

    def begin(self, work: Callable[[Connection], R]) -> R:
        def take_over(connection: Connection) -> R:
            precedence.take_over(connection, self._since, self.name)
            return work(connection)

        pauses = RetryPauses(self._wait_seconds, self._stopped)
        while True:
            try:
                return self.write(take_over)
            except Superseded as refusal:
                if not pauses.begun:
                    logger.warning("{}", refusal.message)
                if pauses.over or not pauses.pause():
                    raise

    def stop_waiting(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _with_retries(self, attempt: Callable[[psycopg.Connection], R]) -> R:
        pauses = RetryPauses(self._wait_seconds, self._stopped)
        while True:
            try:
                answer = attempt(self._connected())
            except psycopg.Error as error:
                fault = faults.of_postgres(error, self.name)
                if not faults.is_transient(error):
                    raise fault from error
                self.close()
                if pauses.over:
                    raise fault from error
                if not pauses.begun:
                    logger.warning("{}; trying again for {:g} s", fault, self._wait_seconds)
            else:
                if pauses.begun:
                    logger.info("{} is there again", self.name)
                return answer
            if not pauses.pause():
                raise JournalAway(f"{self.name} was away when it was closed here")

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            connection = self._address.connect()
            try:
                schema.prepare(connection, self.name)
                precedence.announce(connection, self._since)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


class ReadOnlyDatabase(PostgresDatabase):
    """For reading beside the journal's connection."""

    def read(self, work: Callable[[Connection], R]) -> R:
        """All statements of `work` see one state of the journal."""

        def whole(connection: psycopg.Connection) -> R:
            with connection.transaction():
                connection.execute(_ONE_STATE)
                return work(Session(connection))

        return self._with_retries(whole)

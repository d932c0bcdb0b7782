"""One connection to PostgreSQL, and another when that one is lost.

A database that is away for a while (restarted, failed over, cut off) is waited for; what was under
way is then done as if nothing had been. Whoever waits for too long is told why.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TypeVar

import psycopg
from loguru import logger

from retender.errors import JournalAway
from retender.journal.postgres import faults, schema
from retender.journal.postgres.address import Address
from retender.journal.postgres.commit import Commit, Stamp
from retender.journal.postgres.dialect import Session
from retender.journal.statements import Connection
from retender.limits import DATABASE_PAUSES

R = TypeVar("R")


class PostgresDatabase:
    """Implements `connection.Database`."""

    def __init__(self, url: str, patience: float) -> None:
        """`patience`: seconds of pauses between attempts, all together."""
        self._address = Address(url)
        self._patience = patience
        self._connection: psycopg.Connection | None = None
        self._left = Event()
        self._stamp: Stamp | None = None

    @property
    def name(self) -> str:
        return self._address.name

    def open(self) -> None:
        self._patiently(lambda _: None)

    def read(self, work: Callable[[Connection], R]) -> R:
        return self._patiently(lambda connection: work(Session(connection)))

    def write(self, work: Callable[[Connection], R]) -> R:
        commit = Commit(work, self._stamp, self.name)
        answer, self._stamp = self._patiently(commit.attempt)
        return answer

    def leave(self) -> None:
        self._left.set()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _patiently(self, attempt: Callable[[psycopg.Connection], R]) -> R:
        waited, pause = 0.0, DATABASE_PAUSES[0]
        while True:
            try:
                answer = attempt(self._connected())
            except psycopg.Error as error:
                fault = faults.of_postgres(error, self.name)
                if not faults.passes(error):
                    raise fault from error
                self.close()
                if waited >= self._patience:
                    raise fault from error
                if not waited:
                    logger.warning("{}; trying again for {:g} s", fault, self._patience)
            else:
                if waited:
                    logger.info("{} is there again", self.name)
                return answer
            if self._left.wait(pause):
                raise JournalAway(f"{self.name} was away when it was closed here")
            waited, pause = waited + pause, min(2 * pause, DATABASE_PAUSES[1])

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            connection = self._address.connect()
            try:
                schema.prepare(connection, self.name)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

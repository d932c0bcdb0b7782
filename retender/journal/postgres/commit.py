"""A commit that is made once, however many connections it takes.

Every commit leaves its number in the ledger, in its own transaction. Where the connection is lost
between the COMMIT and its answer, nobody knows what became of it; the next transaction reads the
number, under the lock that the lost one held until it was decided: so it is there, and is not made
again, or it is not and never will be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

import psycopg

from retender.errors import JournalError
from retender.journal.postgres.dialect import Session
from retender.journal.statements import Connection

R = TypeVar("R")

_FOUND: Final = "SELECT epoch, commits FROM ledger FOR UPDATE"
_LEFT: Final = "UPDATE ledger SET commits = commits + 1 RETURNING epoch, commits"


class Stamp(NamedTuple):
    """How the ledger was left by a commit. In one epoch there is one who commits."""

    epoch: int
    commits: int


class Commit(Generic[R]):
    def __init__(self, work: Callable[[Connection], R], known: Stamp | None, name: str) -> None:
        """`known`: how this journal has left the ledger, where it has."""
        self._work = work
        self._known = known
        self._name = name
        self._answer: R
        self._in_doubt = False

    def attempt(self, connection: psycopg.Connection) -> tuple[R, Stamp]:
        """May be tried again after any error of the connection's."""
        with connection.transaction():
            found = _stamp(connection, _FOUND)
            if self._in_doubt and self._known is not None and found == _next(self._known):
                return self._answer, found
            self._check(found)
            self._known = self._known or found
            self._answer = self._work(Session(connection))
            left = _stamp(connection, _LEFT)
            self._in_doubt = True
        return self._answer, left

    def _check(self, found: Stamp) -> None:
        """In a later epoch the work itself is refused, or it begins one."""
        if self._known is not None and found != self._known and found.epoch <= self._known.epoch:
            raise JournalError(
                f"{self._name} is not as this service left it: it stands at commit "
                f"{found.commits} of epoch {found.epoch}, and was left at {self._known.commits} of "
                f"{self._known.epoch}. It was put back to an earlier state, or changed by hand"
            )


def _stamp(connection: psycopg.Connection, statement: str) -> Stamp:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None, "the ledger has one row"
    return Stamp(*row)


def _next(known: Stamp) -> Stamp:
    return Stamp(known.epoch, known.commits + 1)

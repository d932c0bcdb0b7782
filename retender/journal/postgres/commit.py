"""A commit that is applied exactly one time, even if the connection breaks.

Every commit writes its number into the table `ledger`, in its own transaction. If the connection
breaks between the COMMIT and its answer, the outcome is unknown. Then the next transaction reads
the number, under the lock that the broken one held until it was decided. If the number is there,
the commit is not repeated; if not, it never will be, and is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

import psycopg

from retender.errors import JournalError
from retender.journal.postgres.dialect import Session
from retender.journal.statements import Connection

R = TypeVar("R")

_READ_STAMP: Final = "SELECT epoch, commits FROM ledger FOR UPDATE"
_WRITE_STAMP: Final = "UPDATE ledger SET commits = commits + 1 RETURNING epoch, commits"


class Stamp(NamedTuple):
    """The state of `ledger` after a commit. One epoch has one writer."""

    epoch: int
    commits: int


class Commit(Generic[R]):
    def __init__(self, work: Callable[[Connection], R], known: Stamp | None, name: str) -> None:
        """`known`: the stamp of this journal's last commit; None before the first."""
        self._work = work
        self._known = known
        self._name = name
        self._result: R
        self._in_doubt = False

    def attempt(self, connection: psycopg.Connection) -> tuple[R, Stamp]:
        """May be called again after any connection error."""
        with connection.transaction():
            found = _stamp(connection, _READ_STAMP)
            if self._in_doubt and self._known is not None and found == _next(self._known):
                return self._result, found
            self._check(found)
            self._known = self._known or found
            self._result = self._work(Session(connection))
            written = _stamp(connection, _WRITE_STAMP)
            self._in_doubt = True
        return self._result, written

    def _check(self, found: Stamp) -> None:
        """In a later epoch `work` itself fails, or it begins a new epoch."""
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

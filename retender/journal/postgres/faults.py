"""What PostgreSQL and its client report, as the errors the rest of the house knows."""

from __future__ import annotations

import re
from typing import Final

import psycopg

from retender.errors import JournalAway, JournalCorrupt, JournalError
from retender.storage.disk_space import storage_full

_FULL: Final = {"53100"}
_READ_ONLY: Final = {"25006"}
_FORBIDDEN: Final = {"42501"}
_HELD: Final = {"55P03"}
_DAMAGED: Final = {"XX001", "XX002"}
_PASSING: Final = (
    "08",  # the connection
    "40",  # two transactions in each other's way
    "57P",  # stopped, crashed, not up yet
    "53300",  # all connections taken
    *_HELD,
    "25P03",  # we held it for too long
    *_READ_ONLY,  # no longer the primary: the next connection finds the one that is
)
_HOPELESS: Final = re.compile(
    r"authentication failed|no password supplied|does not exist|no pg_hba\.conf entry"
    r"|is not permitted to log in|certificate|permission denied for database"
    r"|server does not support SSL|invalid (connection|port|sslmode)"
)
"""What a connection is refused with that waiting does not mend. Where a server says it in another
language, it is waited for in vain."""

_LEADING_UP: Final = re.compile(
    r"^(connection failed: )?(connection to server .*? failed: )?(FATAL:\s+)?"
)


def passes(error: psycopg.Error) -> bool:
    """Whether it may be well soon, over a new connection."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_PASSING)
    return isinstance(error, psycopg.OperationalError) and not _HOPELESS.search(str(error))


def of_postgres(error: psycopg.Error, name: str) -> Exception:
    """What is none of these is a bug, and is left as it is."""
    said = sentence(error)
    if error.sqlstate in _FULL:
        return storage_full(name, said)
    if error.sqlstate in _DAMAGED:
        return JournalCorrupt(
            f"{name} has come across damage ({said}); it has to be restored from a backup",
            path=name,
        )
    trouble = _trouble(error)
    if trouble is None:
        return error
    kind = JournalAway if passes(error) else JournalError
    return kind(f"{name} {trouble}: {said}")


def sentence(error: psycopg.Error) -> str:
    """What is wrong, without what leads up to it and what to think of it."""
    lines = str(error).strip().splitlines()
    return _LEADING_UP.sub("", lines[0]) if lines else type(error).__name__


def _trouble(error: psycopg.Error) -> str | None:
    if error.sqlstate in _FORBIDDEN:
        return "does not let Retender work in it"
    if error.sqlstate in _READ_ONLY or "session is read-only" in str(error):
        return "takes no writes"
    if error.sqlstate in _HELD:
        return "is held by another's commit"
    if passes(error):
        return "cannot be reached"
    return "does not take Retender in" if isinstance(error, psycopg.OperationalError) else None

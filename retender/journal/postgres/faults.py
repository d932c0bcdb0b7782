"""Translates errors of PostgreSQL and its client into those of `retender.errors`."""

from __future__ import annotations

import re
from typing import Final

import psycopg

from retender.errors import JournalAway, JournalCorrupt, JournalError
from retender.storage.disk_space import storage_full

_FULL: Final = {"53100"}
_READ_ONLY: Final = {"25006"}
_FORBIDDEN: Final = {"42501"}
_LOCKED: Final = {"55P03"}
_DAMAGED: Final = {"XX001", "XX002"}
_TRANSIENT: Final = (
    "08",  # the connection
    "40",  # conflict of two transactions
    "57P",  # stopped, crashed, or starting
    "53300",  # too many connections
    *_LOCKED,
    "25P03",  # our transaction was idle for too long
    *_READ_ONLY,  # no longer the primary: the next connection finds the new one
)
_PERMANENT: Final = re.compile(
    r"authentication failed|no password supplied|does not exist|no pg_hba\.conf entry"
    r"|is not permitted to log in|certificate|permission denied for database"
    r"|server does not support SSL|invalid (connection|port|sslmode)"
)
"""Connection errors that waiting does not solve. If the server reports them in another language, we
wait in vain."""

_PREFIX: Final = re.compile(
    r"^(connection failed: )?(connection to server .*? failed: )?(FATAL:\s+)?"
)


def is_transient(error: psycopg.Error) -> bool:
    """Whether a new connection may work soon."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_TRANSIENT)
    return isinstance(error, psycopg.OperationalError) and not _PERMANENT.search(str(error))


def of_postgres(error: psycopg.Error, name: str) -> Exception:
    """Any other error is a bug, and is returned unchanged."""
    reason = sentence(error)
    if error.sqlstate in _FULL:
        return storage_full(name, reason)
    if error.sqlstate in _DAMAGED:
        return JournalCorrupt(
            f"{name} has come across damage ({reason}); it has to be restored from a backup",
            path=name,
        )
    trouble = _trouble(error)
    if trouble is None:
        return error
    kind = JournalAway if is_transient(error) else JournalError
    return kind(f"{name} {trouble}: {reason}")


def sentence(error: psycopg.Error) -> str:
    """The first line of the message, without the prefix that says where the error happened."""
    lines = str(error).strip().splitlines()
    return _PREFIX.sub("", lines[0]) if lines else type(error).__name__


def _trouble(error: psycopg.Error) -> str | None:
    if error.sqlstate in _FORBIDDEN:
        return "does not let Retender work in it"
    if error.sqlstate in _READ_ONLY or "session is read-only" in str(error):
        return "takes no writes"
    if error.sqlstate in _LOCKED:
        return "is held by another's commit"
    if is_transient(error):
        return "cannot be reached"
    return "does not take Retender in" if isinstance(error, psycopg.OperationalError) else None

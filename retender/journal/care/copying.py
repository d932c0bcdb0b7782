"""Reads and copies a journal file that a service may have open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from retender.errors import JournalError
from retender.journal import faults
from retender.journal.database import APPLICATION, BUSY_SECONDS
from retender.journal.migrations import newest, too_new

_UNFINISHED = "status IN ('pending', 'queued', 'processing')"


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write. Beside it a service may go on: the corruption that SQLite
    before 3.51.3 knows needs two connections that write. Raises `JournalError`."""
    uri = f"file:{quote(str(path))}?mode=ro"
    try:
        if not path.exists():
            raise JournalError(f"there is no journal at {path}")
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
            _check_ours(connection, str(path))
            yield connection
    except sqlite3.Error as error:
        raise faults.of_sqlite(error, str(path)) from error


def copy(path: Path, target: Path) -> None:
    """The journal as it is at this moment, in one file. A process that writes it does not
    wait: readers and writers of a write-ahead log do not exclude each other."""
    with reading(path) as source, closing(sqlite3.connect(target)) as saved:
        # In one step: between two steps a service that writes would have it start anew each time.
        source.backup(saved, pages=-1)
        saved.execute("PRAGMA journal_mode = DELETE")
        (found,) = saved.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise faults.corrupt(str(path), found)


def recordings(path: Path, *, needed: bool) -> frozenset[str]:
    """The SHA-256 of all recordings that the journal names, or of those that jobs still need."""
    only = f"AND ({_UNFINISHED} OR status = 'failed')" if needed else ""
    with reading(path) as connection:
        query = f"SELECT DISTINCT sha256 FROM jobs WHERE sha256 IS NOT NULL {only}"  # noqa: S608 - made of constants
        return frozenset(sha256 for (sha256,) in connection.execute(query))


def unfinished(path: Path) -> frozenset[str]:
    """The ids of the jobs that are not finished."""
    with reading(path) as connection:
        query = f"SELECT id FROM jobs WHERE {_UNFINISHED}"  # noqa: S608 - made of constants
        return frozenset(job_id for (job_id,) in connection.execute(query))


def _check_ours(connection: sqlite3.Connection, path: str) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise faults.corrupt(path, "a database, but of another program")
    if version > (known := newest("sqlite")):
        raise too_new(path, version, known)

"""The SQLite file: found sound or refused untouched, configured, brought to the newest schema.

There is one connection at any time. SQLite before 3.51.3 can corrupt a write-ahead log that two
connections write and reset at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from typing import Final, Literal, Protocol
from urllib.parse import quote

from retender import folders
from retender.errors import JournalError, JournalTooNew
from retender.journal import faults
from retender.journal.lock import FileLock

Synchronous = Literal["full", "normal", "off"]

APPLICATION: Final = 0x52544E44  # "RTND"
BUSY_SECONDS: Final = 5.0
"""How long another program (a backup, someone's sqlite3) may hold the file before we say so."""

_MAGIC = b"SQLite format 3\0"
_LOG_BYTES = 64 * 1024 * 1024


class Database(Protocol):
    """Where a connection comes from, and how it is let go of."""

    @property
    def path(self) -> str: ...

    def open(self) -> sqlite3.Connection: ...

    def close(self) -> None:
        """Idempotent; also before `open`."""


class DatabaseFile:
    """A database on disk, held by one process at a time."""

    def __init__(self, path: str, synchronous: Synchronous) -> None:
        self.path = path
        self._synchronous = synchronous
        self._lock = FileLock(f"{path}.lock")
        self._connection: sqlite3.Connection | None = None

    def open(self) -> sqlite3.Connection:
        try:
            folders.make(Path(self.path).absolute().parent)
            self._lock.acquire()
            _inspect(self.path)
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._configure(self._connection)
            _prepare(self._connection)
        except sqlite3.Error as error:
            self.close()
            raise faults.of_sqlite(error, self.path) from error
        except OSError as error:
            self.close()
            raise faults.of_system(error, self.path) from error
        except BaseException:
            self.close()
            raise
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._lock.release()

    def _configure(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise JournalError(f"{self.path} lies where no write-ahead log can be kept")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")


class BorrowedDatabase:
    """A connection that outlives its journals, as a disk outlives processes: for simulations."""

    path = "the borrowed database"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(self) -> sqlite3.Connection:
        """What the last journal did not commit is lost, as in a crash."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        _prepare(self._connection)
        return self._connection

    def close(self) -> None:
        """It may come late, when the next journal is at work already: so it touches nothing."""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _inspect(path: str) -> None:
    """Refuse what is no journal, or one we cannot read, before anything could change it.

    The effort is bounded: the schema, and the last row of each table, whose path through the
    file goes to its far end. Damage elsewhere shows when it is come across.
    """
    try:
        with Path(path).open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    if not magic:
        return
    if magic != _MAGIC:
        raise faults.corrupt(path, "file is not a database")
    # Without a log beside it, the file can be read as it is; opened as a journal, it would get one.
    how = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    uri = f"file:{quote(path)}?{how}"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        names = [name for (name,) in tables]
        if application != APPLICATION and (names or version):
            raise faults.corrupt(path, "a database, but of another program")
        newest = max(number for number, _ in _migrations())
        if version > newest:
            raise JournalTooNew(
                f"{path} was written by a newer version: its schema is {version}, this version "
                f"knows {newest}. Install the newer version again, or restore a backup",
                found=version,
                known=newest,
            )
        for name in names:
            connection.execute(f'SELECT max(rowid) FROM "{name}"').fetchone()  # noqa: S608 - the name is the schema's own


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in _migrations():
        if number > version:
            _migrate(connection, number, script)


def _migrate(connection: sqlite3.Connection, number: int, script: str) -> None:
    whole = f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
    try:
        connection.executescript(whole)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _migrations() -> list[tuple[int, str]]:
    """Each script by its number, in order: `0001_initial.sql` is number 1."""
    scripts = (resources.files("retender.journal") / "schema").iterdir()
    return sorted(
        (int(script.name.partition("_")[0]), script.read_text("utf-8"))
        for script in scripts
        if script.name.endswith(".sql")
    )

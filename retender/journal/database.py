"""The SQLite file: checked before it is opened, configured, and brought to the newest schema.

Only one connection writes at any time: SQLite before 3.51.3 can corrupt a write-ahead log that two
connections write and reset at once. The other one, for reading beside it, is read-only, and so it
neither writes nor resets the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal, TypeVar
from urllib.parse import quote

from retender.errors import JournalError
from retender.journal import faults
from retender.journal.lock import JournalLock
from retender.journal.migrations import migrations, newest, too_new
from retender.journal.statements import Connection
from retender.storage import durable_files

R = TypeVar("R")

Synchronous = Literal["full", "normal", "off"]

APPLICATION: Final = 0x52544E44  # "RTND"
BUSY_SECONDS: Final = 5.0
"""How long another program (a backup, a sqlite3 shell) may lock the file; then it is an error."""

# Tables without a rowid belong to the full text index, which SQLite itself checks.
_TABLES = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%'
"""
_MAGIC = b"SQLite format 3\0"
_LOG_BYTES = 64 * 1024 * 1024


class SqliteDatabase:
    """A database over `_connection`, which the subclass opens."""

    name: str
    _connection: sqlite3.Connection

    def read(self, work: Callable[[Connection], R]) -> R:
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            raise faults.of_sqlite(error, self.name) from error

    def write(self, work: Callable[[Connection], R]) -> R:
        def whole(_: Connection) -> R:
            with transaction(self._connection):
                return work(self._connection)

        return self.read(whole)

    def begin(self, work: Callable[[Connection], R]) -> R:
        """Only one process has it open."""
        return self.write(work)

    def stop_waiting(self) -> None:
        """No wait here is longer than `BUSY_SECONDS`."""


class DatabaseFile(SqliteDatabase):
    """A database on disk, opened by one process at a time."""

    def __init__(self, path: str, synchronous: Synchronous) -> None:
        self.name = path
        self._synchronous = synchronous
        self._lock = JournalLock(f"{path}.lock")
        self._is_open = False

    def open(self) -> None:
        try:
            durable_files.make_folder(Path(self.name).absolute().parent)
            self._lock.acquire()
            _inspect(self.name)
            self._connection = sqlite3.connect(
                self.name, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._is_open = True
            self._configure(self._connection)
            _prepare(self._connection)
        except sqlite3.Error as error:
            self.close()
            raise faults.of_sqlite(error, self.name) from error
        except OSError as error:
            self.close()
            raise faults.of_system(error, self.name) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._connection.close()
        self._lock.release()

    def _configure(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise JournalError(f"{self.name} lies where no write-ahead log can be kept")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")


class ReadOnlyFile(SqliteDatabase):
    """The same file for reading, while `DatabaseFile` has it open in this process."""

    def __init__(self, path: str) -> None:
        self.name = path
        self._is_open = False

    def open(self) -> None:
        try:
            self._connection = sqlite3.connect(
                f"file:{quote(self.name)}?mode=ro",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise faults.of_sqlite(error, self.name) from error
        self._is_open = True

    def read(self, work: Callable[[Connection], R]) -> R:
        """All statements of `work` see one state of the journal."""

        def whole(connection: Connection) -> R:
            with transaction(self._connection, "BEGIN"):
                return work(connection)

        return super().read(whole)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._connection.close()


class BorrowedDatabase(SqliteDatabase):
    """For simulations: a connection that outlives its journals, as a disk outlives processes."""

    name = "the borrowed database"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(self) -> None:
        """Uncommitted changes of the last journal are lost, as in a crash."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        _prepare(self._connection)

    def close(self) -> None:
        """Does nothing: it may be called when the next journal already uses the connection."""


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _inspect(path: str) -> None:
    """Raises an error for a file that is no journal, or that cannot be read, before it is changed.

    It reads only the schema and the last row of each table, which lies at the far end of the file.
    Damage elsewhere is found when it is read.
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
    # Without a log beside it, the file is read as it is: opening it normally would make a log.
    how = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    uri = f"file:{quote(path)}?{how}"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute(_TABLES)
        names = [name for (name,) in tables]
        if application != APPLICATION and (names or version):
            raise faults.corrupt(path, "a database, but of another program")
        if version > (known := newest("sqlite")):
            raise too_new(path, version, known)
        for name in names:
            connection.execute(f'SELECT max(rowid) FROM "{name}"').fetchone()  # noqa: S608 - the name is the schema's own


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in migrations("sqlite"):
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

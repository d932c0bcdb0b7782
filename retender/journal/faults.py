"""Translates errors of SQLite into those of `retender.errors`."""

from __future__ import annotations

import sqlite3

from retender.errors import JournalCorrupt, JournalError, JournalLocked
from retender.storage.disk_space import is_disk_full, storage_full

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NOT_WRITABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}


def of_sqlite(error: sqlite3.Error, path: str) -> Exception:
    """A failed fsync stays as it is: what it lost is unknown until the journal is opened again."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return error
    # The low byte is the kind of error, the full code the exact error.
    primary = code & 0xFF
    if code in _FULL:
        return storage_full(path, error)
    if primary in _CORRUPT:
        return corrupt(path, str(error))
    if primary in _LOCKED:
        return JournalLocked(f"another program holds {path} for writing")
    if primary in _NOT_WRITABLE:
        return JournalError(f"{path} cannot be opened for writing: {error}")
    return error


def of_system(error: OSError, path: str) -> Exception:
    if is_disk_full(error):
        return storage_full(path, error.strerror)
    return JournalError(f"{path} cannot be opened: {error.strerror}")


def corrupt(path: str, what: str) -> JournalCorrupt:
    return JournalCorrupt(
        f"{path} cannot be read as a journal ({what}). Nothing in it has been changed. Move it "
        f"away together with {path}-wal and {path}-shm, then put a backup in its place or start "
        f"without it. `retender journal repair` makes a new one of what can be read of it",
        path=path,
    )

"""Makes a journal whole again, and deletes nothing: the whole file as it was is moved aside.

The repaired journal is a new file. Every row that can be read is copied to it, except what belongs
to no job, and jobs whose own rows do not agree. When the new file is complete and synced, the old
one is moved aside, and the new one put in its place.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from retender.errors import JournalError
from retender.journal import faults
from retender.journal.care import checking
from retender.journal.care.checking import Damage
from retender.journal.database import APPLICATION
from retender.journal.lock import JournalLock
from retender.journal.migrations import migrations, newest, too_new
from retender.storage import durable_files

_TABLES: Final = (
    "jobs",
    "pieces",
    "segments",
    "events",
    "deliveries",
    "peaks",
    "edits",
    "edit_parts",
)
_SMALL: Final = ("forgotten",)
_FILES: Final = ("", "-wal", "-shm")
_LEAVES_OUT: Final = frozenset({"unreadable", "events", "transcript"})
"""The kinds of findings for which a job is left out of the repaired journal."""


class Repair(msgspec.Struct, frozen=True):
    """`aside`: where the old journal is; None if nothing was wrong, and nothing was changed."""

    aside: Path | None
    left_out: tuple[str, ...]
    """Jobs that are only in the old journal."""
    unread: int
    """Tables of the old journal of which some rows could not be read."""


def repair(path: Path, aside: Path) -> Repair:
    """`aside` is a folder that is not there yet. Raises `JournalLocked` while a service has the
    journal open."""
    lock = JournalLock(f"{path}.lock")
    lock.acquire()
    try:
        return _repair(path, aside)
    except sqlite3.Error as error:
        raise faults.of_sqlite(error, str(path)) from error
    finally:
        lock.release()


def _repair(path: Path, aside: Path) -> Repair:
    if not path.exists():
        raise JournalError(f"there is no journal at {path}")
    if not _wrong(path):
        return Repair(None, (), 0)
    new = path.with_name(f"{path.name}.repaired")
    for suffix in _FILES:
        Path(f"{new}{suffix}").unlink(missing_ok=True)  # of a repair that was interrupted
    unread = _salvage(path, new)
    left_out = _leave_out(new)
    durable_files.sync(new)
    aside.mkdir(mode=0o700, parents=True)
    there = [part for suffix in _FILES if (part := Path(f"{path}{suffix}")).exists()]
    for part in there:
        _keep(part, aside / part.name)
    durable_files.sync_folder(aside)
    # An old write-ahead log must never lie beside another journal.
    for part in there[1:]:
        part.unlink()
    new.replace(path)
    durable_files.sync_folder(path.parent)
    return Repair(aside, left_out, unread)


def _keep(part: Path, place: Path) -> None:
    try:
        place.hardlink_to(part)
    except OSError:  # a disk without links
        shutil.copy2(part, place)
        durable_files.sync(place)


def _wrong(path: Path) -> bool:
    try:
        return bool(checking.check(path, None))
    except JournalError as error:
        if error.code == "journal_too_new":
            raise
        return True


def _salvage(path: Path, new: Path) -> int:
    """Copy all rows that can be read. Returns of how many tables some could not be."""
    unread = 0
    uri = f"file:{quote(str(path))}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as old,
        closing(sqlite3.connect(new, isolation_level=None)) as saved,
    ):
        (application,) = old.execute("PRAGMA application_id").fetchone()
        (version,) = old.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION:
            raise faults.corrupt(str(path), "a database, but of another program")
        if version > (known := newest("sqlite")):
            raise too_new(str(path), version, known)
        saved.execute(f"PRAGMA application_id = {APPLICATION}")
        for number, script in migrations("sqlite"):
            if number <= version:
                saved.executescript(f"{script}; PRAGMA user_version = {number}")
        saved.execute("BEGIN")
        for table in (*_TABLES, *_SMALL):
            if _has(saved, table):
                unread += _copy_rows(old, saved, table)
        _write_ledger(old, saved)
        if _has(saved, "unindexed"):
            saved.execute("INSERT OR IGNORE INTO unindexed SELECT ordinal FROM jobs")
        saved.execute("COMMIT")
    return unread


def _has(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None


def _copy_rows(old: sqlite3.Connection, saved: sqlite3.Connection, table: str) -> int:
    """Copy the rows that can be read; returns 1 if some could not be. A damaged page hides the rows
    after it from a reader that goes forward: so the table is also read from the other end."""
    for order in ("ASC", "DESC"):
        rows = f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid {order}"  # noqa: S608 - made of constants
        try:
            for row in old.execute(rows):
                places = ", ".join("?" * len(row))
                saved.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", row)  # noqa: S608 - likewise
        except sqlite3.DatabaseError:
            continue
        return int(order == "DESC")
    return 1


def _write_ledger(old: sqlite3.Connection, saved: sqlite3.Connection) -> None:
    """Places in the log are never given twice, even if the old ledger cannot be read."""
    try:
        epoch, position = old.execute("SELECT epoch, position FROM ledger").fetchone()
    except (sqlite3.DatabaseError, TypeError):
        epoch, position = 0, 0
    (last,) = saved.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    saved.execute("UPDATE ledger SET epoch = ?, position = ?", (epoch, max(position, last)))


def _leave_out(new: Path) -> tuple[str, ...]:
    """Take out of the new journal what the old one alone is to keep."""
    left_out: list[str] = []
    # One check names a bounded number of findings.
    while found := checking.check(new, None):
        with closing(sqlite3.connect(new, isolation_level=None)) as saved:
            jobs = sorted(_spoilt(found) & _jobs(saved))
            if not jobs and all(finding.kind != "foreign" for finding in found):
                raise JournalError(f"{new} could not be made whole: {found[0].about}")
            left_out += jobs
            _take_out(saved, jobs)
    return tuple(left_out)


def _take_out(saved: sqlite3.Connection, jobs: list[str]) -> None:
    saved.execute("BEGIN")
    saved.executemany("DELETE FROM jobs WHERE id = ?", ((job_id,) for job_id in jobs))
    for table in _TABLES[1:]:
        if _has(saved, table):
            saved.execute(f"DELETE FROM {table} WHERE job_id NOT IN (SELECT id FROM jobs)")  # noqa: S608 - made of constants
    if _has(saved, "unindexed"):
        saved.execute("DELETE FROM unindexed WHERE ordinal NOT IN (SELECT ordinal FROM jobs)")
    saved.execute("COMMIT")


def _jobs(saved: sqlite3.Connection) -> set[str]:
    return {job_id for (job_id,) in saved.execute("SELECT id FROM jobs")}


def _spoilt(found: tuple[Damage, ...]) -> set[str]:
    return {each.job_id for each in found if each.kind in _LEAVES_OUT and each.job_id}

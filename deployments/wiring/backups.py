"""Backups of this service's data: which parts it has, and how its journal is copied."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from deployments.settings import BadSetting, Settings
from deployments.wiring import journals
from retender.backup.making import JournalCopy, make_backup
from retender.backup.manifest import Manifest, read
from retender.backup.manifest import recording as recording_in
from retender.backup.restoring import JOURNAL, restore
from retender.journal.care import copying
from retender.journal.lock import JournalLock
from retender.storage import durable_files

DUMP: Final = "journal.pgdump"
_LIBPQ: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
"""Which variable of pg_dump says what. On its command line other users could read the password."""


def journal_file(settings: Settings) -> Path:
    """Raises `BadSetting` if the journal is in a database."""
    if journals.in_database(settings):
        raise BadSetting(
            "the journal is in PostgreSQL, and this is for journal files",
            "Use the tools of PostgreSQL: pg_amcheck looks for damage.",
        )
    return settings.data_dir.absolute() / JOURNAL


def make(settings: Settings, folder: Path, *, link: bool) -> Manifest:
    """Raises `BackupRefused`, `JournalError`, `BadSetting`."""
    copy = _dump if journals.in_database(settings) else _copy_file
    now = time.time()
    return make_backup(
        settings.data_dir.absolute(),
        folder,
        lambda target: copy(settings, target),
        at=now,
        version=version("retender"),
        name=_stamp(now),
        link=link,
    )


def put_back(settings: Settings, folder: Path, *, replace: bool) -> tuple[Manifest, str]:
    """Restore; also returns the name of the folder where the old data are, if there were any."""
    data = settings.data_dir.absolute()
    found = read(folder.absolute())
    if found is not None and (found.journal == "sqlite") == journals.in_database(settings):
        raise BadSetting(
            f"the journal of this backup is of another kind ({found.journal}) than that of the "
            "settings",
            "Set RETENDER_DATABASE_URL, or remove it, as it was when the backup was made.",
        )
    aside = f"replaced-{_stamp(time.time())}"
    durable_files.make_folder(data)
    with _closed(data):
        return restore(folder.absolute(), data, aside=aside, replace=replace), aside


def missing_program(name: str) -> str:
    return f"{name} is not installed here; Debian has it in postgresql-client"


def recording_size(settings: Settings, sha256: str) -> int | None:
    """Of a recording in the data folder; None if it is not there."""
    try:
        place = recording_in(settings.data_dir.absolute() / "blobs", sha256)
        return place.stat().st_size
    except FileNotFoundError:
        return None


@contextmanager
def _closed(data: Path) -> Iterator[None]:
    """While no service has the journal open. Raises `JournalLocked`."""
    lock = JournalLock(str(data / f"{JOURNAL}.lock"))
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _copy_file(settings: Settings, target: Path) -> JournalCopy:
    file = target / JOURNAL
    copying.copy(settings.data_dir.absolute() / JOURNAL, file)
    nothing: frozenset[str] = frozenset()
    here = not settings.blobs_url
    return JournalCopy(
        kind="sqlite",
        recordings=copying.recordings(file, needed=False) if here else nothing,
        needed=copying.recordings(file, needed=True) if here else nothing,
        jobs=copying.unfinished(file),
    )


def _dump(settings: Settings, target: Path) -> JournalCopy:
    """By pg_dump, where it is installed; else the journal is not in the backup."""
    recordings: frozenset[str] | None = frozenset() if settings.blobs_url else None
    program = shutil.which("pg_dump")
    if program is None:
        return JournalCopy(kind="none", recordings=recordings)
    # psycopg is installed only where a database is used.
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - see above

    from retender.journal.postgres.address import SCHEMA  # noqa: PLC0415 - likewise

    given = conninfo_to_dict(settings.database_url.get_secret_value())
    told = {_LIBPQ[name]: str(value) for name, value in given.items() if name in _LIBPQ}
    command = [program, "--format=custom", f"--schema={SCHEMA}", f"--file={target / DUMP}"]
    done = subprocess.run(  # noqa: S603 - the program was found on the path, the rest is ours
        command, env={**os.environ, **told}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BadSetting(f"pg_dump failed: {done.stderr.strip().splitlines()[-1]}")
    return JournalCopy(kind="postgres", recordings=recordings)


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime(at)) + f"-{os.getpid()}"

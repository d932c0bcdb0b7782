"""The journal of the service: a file in the data folder, or a PostgreSQL database."""

from __future__ import annotations

import importlib.util

from deployments.settings import BadSetting, Settings
from retender.backup.restoring import JOURNAL, UNFINISHED
from retender.journal.api import JournalOpener
from retender.journal.sqlite import SqliteOpener


def in_database(settings: Settings) -> bool:
    return bool(settings.database_url.get_secret_value())


def check_for_many(settings: Settings) -> None:
    """Raises `BadSetting` if several machines would share a journal file over a network."""
    if not in_database(settings) and not settings.blobs_url:
        raise BadSetting(
            f"several machines share {settings.data_dir.absolute()}, where the journal would be a "
            "file: that cannot be trusted over a network. Set RETENDER_DATABASE_URL"
        )


def journal(settings: Settings, since: float = 0.0) -> JournalOpener:
    """`since`: when this service started; of two services on one database the later one has it.
    Raises `BadSetting` if a database is set and its driver is not installed, or if a restore of the
    data folder was interrupted."""
    folder = settings.data_dir.absolute()
    if (folder / UNFINISHED).exists():
        raise BadSetting(
            f"a restore into {folder} was interrupted", "Run it again: retender restore DIR"
        )
    if not in_database(settings):
        return SqliteOpener(str(folder / JOURNAL))
    if importlib.util.find_spec("psycopg") is None:
        raise BadSetting(
            "RETENDER_DATABASE_URL is set, and psycopg is not installed",
            "pip install 'retender[postgres]'",
        )
    # psycopg is not installed where the journal is a file.
    from retender.journal.postgres.opener import PostgresOpener  # noqa: PLC0415 - see above

    return PostgresOpener(settings.database_url.get_secret_value(), since=since)

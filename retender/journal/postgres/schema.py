"""Brings the tables to the newest schema, one process at a time. A newer schema is an error."""

from __future__ import annotations

from typing import Final

import psycopg

from retender.errors import JournalError
from retender.journal.migrations import migrations, newest, too_new
from retender.journal.postgres.address import SCHEMA

_LOCK: Final = 0x52544E44  # "RTND"
# A query of the catalogue shows tables that another process made while we waited for the lock;
# `to_regclass` may return an outdated answer.
_HAS_TABLE: Final = """
    SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = %s AND tablename = 'schema_version')
"""
_HAS_SCHEMA: Final = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
_VERSION: Final = "SELECT version FROM schema_version"


def prepare(connection: psycopg.Connection, name: str) -> None:
    known = newest("postgres")
    if version(connection) == known:
        return
    _check_encoding(connection, name)
    with connection.transaction():
        # Released with the transaction, however it ends.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = version(connection)
        if found > known:
            raise too_new(name, found, known)
        if found == 0:
            _begin(connection)
        for number, script in migrations("postgres"):
            if number > found:
                connection.execute(script.encode())
                connection.execute("UPDATE schema_version SET version = %s", (number,))


def version(connection: psycopg.Connection) -> int:
    """0 if there are no tables yet."""
    if not _exists(connection, _HAS_TABLE):
        return 0
    row = connection.execute(_VERSION).fetchone()
    return 0 if row is None else int(row[0])


def _begin(connection: psycopg.Connection) -> None:
    # If an administrator has made the schema, our user needs no right to make one.
    if not _exists(connection, _HAS_SCHEMA):
        connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
    connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
    connection.execute("INSERT INTO schema_version (version) VALUES (0)")


def _exists(connection: psycopg.Connection, query: str) -> bool:
    row = connection.execute(query.encode(), (SCHEMA,)).fetchone()
    return row is not None and bool(row[0])


def _check_encoding(connection: psycopg.Connection, name: str) -> None:
    (encoding,) = connection.execute("SHOW server_encoding").fetchone() or ("",)
    if encoding != "UTF8":
        raise JournalError(
            f"{name} keeps its texts as {encoding}, which has no room for all names: make the "
            "database with ENCODING 'UTF8'"
        )

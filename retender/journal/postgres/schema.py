"""The tables: brought to the newest schema, by one at a time, or refused."""

from __future__ import annotations

from typing import Final

import psycopg

from retender.errors import JournalError
from retender.journal.migrations import migrations, newest, too_new
from retender.journal.postgres.address import SCHEMA

_LOCK: Final = 0x52544E44  # "RTND"
# Asked of the catalogue, which shows what another has made while we waited for the lock;
# `to_regclass` may remember for longer that there was nothing.
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
        # Let go of with the transaction, whatever becomes of it.
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
    """0 where there is none yet."""
    if not _is_so(connection, _HAS_TABLE):
        return 0
    row = connection.execute(_VERSION).fetchone()
    return 0 if row is None else int(row[0])


def _begin(connection: psycopg.Connection) -> None:
    # Where it was made beforehand, its user need not be allowed to make any.
    if not _is_so(connection, _HAS_SCHEMA):
        connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
    connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
    connection.execute("INSERT INTO schema_version (version) VALUES (0)")


def _is_so(connection: psycopg.Connection, question: str) -> bool:
    row = connection.execute(question.encode(), (SCHEMA,)).fetchone()
    return row is not None and bool(row[0])


def _check_encoding(connection: psycopg.Connection, name: str) -> None:
    (encoding,) = connection.execute("SHOW server_encoding").fetchone() or ("",)
    if encoding != "UTF8":
        raise JournalError(
            f"{name} keeps its texts as {encoding}, which has no room for all names: make the "
            "database with ENCODING 'UTF8'"
        )

"""The address of the database, and how to connect to it. Messages never contain the password."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from retender.errors import JournalError
from retender.journal.limits import (
    DATABASE_CONNECT_SECONDS,
    DATABASE_IDLE_SECONDS,
    DATABASE_LOCK_SECONDS,
    DATABASE_SILENCE_SECONDS,
)

SCHEMA: Final = "retender"
"""The tables have their own schema, so that the database may hold other tables too."""

_DEFAULTS: Final[dict[str, str | int]] = {
    "application_name": "retender",
    "connect_timeout": DATABASE_CONNECT_SECONDS,
    # Of several hosts, or of a name that changes in a failover, the one that accepts writes.
    "target_session_attrs": "read-write",
    # To notice a host that disappears without closing the connection.
    "keepalives_idle": DATABASE_SILENCE_SECONDS // 2,
    "keepalives_interval": DATABASE_SILENCE_SECONDS // 4,
    "keepalives_count": 2,
    "tcp_user_timeout": DATABASE_SILENCE_SECONDS * 1000,
}
"""Defaults that the address may override."""

_SET_UP: Final = """
    SELECT
        set_config('search_path', %(schema)s, false),
        set_config('lock_timeout', %(lock)s, false),
        set_config('idle_in_transaction_session_timeout', %(idle)s, false),
        set_config('tcp_keepalives_idle', %(first)s, false),
        set_config('tcp_keepalives_interval', %(then)s, false),
        set_config('tcp_keepalives_count', '2', false),
        set_config('tcp_user_timeout', %(silence)s, false)
"""
# A server may be configured to answer before a commit is on its disk: not for us.
_DURABLE: Final = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'
"""


class Address:
    def __init__(self, url: str) -> None:
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            # The message contains the whole address.
            raise JournalError(
                "the address of the database cannot be read; it is written "
                "postgresql://user:password@host:5432/name"
            ) from None
        self._options = _DEFAULTS | {
            name: value for name, value in given.items() if value is not None
        }
        self.name = _name(given)

    def connect(self) -> psycopg.Connection:
        """In autocommit mode: transactions are opened explicitly."""
        connection = psycopg.connect(
            **{**self._options, "client_encoding": "utf8"},  # type: ignore[arg-type]  # a mix of what libpq takes
            autocommit=True,
        )
        try:
            connection.execute(
                _SET_UP,
                {
                    "schema": SCHEMA,
                    "lock": f"{DATABASE_LOCK_SECONDS}s",
                    "idle": f"{DATABASE_IDLE_SECONDS}s",
                    # So that the server notices that our host is gone, and releases its locks.
                    "first": f"{DATABASE_SILENCE_SECONDS // 2}s",
                    "then": f"{DATABASE_SILENCE_SECONDS // 4}s",
                    "silence": f"{DATABASE_SILENCE_SECONDS}s",
                },
            )
            connection.execute(_DURABLE)
        except BaseException:
            connection.close()
            raise
        return connection


def _name(given: dict[str, str | int | None]) -> str:
    host = str(given.get("host") or given.get("hostaddr") or "")
    port, base = given.get("port"), given.get("dbname") or given.get("user")
    where = f"{host}:{port}" if port and host else host
    return f"PostgreSQL at {where or 'the local socket'}" + (f" ({base})" if base else "")

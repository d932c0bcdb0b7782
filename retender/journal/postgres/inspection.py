"""Inspects a database without changing it."""

from __future__ import annotations

import msgspec
import psycopg

from retender.journal.migrations import newest, too_new
from retender.journal.postgres import faults, schema
from retender.journal.postgres.address import Address


class DatabaseInfo(msgspec.Struct, frozen=True):
    name: str
    server: str
    """The server's version."""
    schema: int
    """The version of the tables; 0 if there are none yet."""


def inspect_database(url: str) -> DatabaseInfo:
    """Does not wait. Raises the `JournalError` that a service that starts now would get."""
    address = Address(url)
    try:
        with address.connect() as connection:
            version = schema.version(connection)
            server = str(connection.info.parameter_status("server_version"))
    except psycopg.Error as error:
        raise faults.of_postgres(error, address.name) from error
    if version > (known := newest("postgres")):
        raise too_new(address.name, version, known)
    return DatabaseInfo(address.name, server, version)

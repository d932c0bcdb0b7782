"""A look at a database from outside, which changes nothing there."""

from __future__ import annotations

import msgspec
import psycopg

from retender.journal.migrations import newest, too_new
from retender.journal.postgres import faults, schema
from retender.journal.postgres.address import Address


class DatabaseInfo(msgspec.Struct, frozen=True):
    name: str
    server: str
    """Its version."""
    schema: int
    """0 where there are no tables yet."""


def inspect_database(url: str) -> DatabaseInfo:
    """At once, or `JournalError`: what a service that began now would run into."""
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

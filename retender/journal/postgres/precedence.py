"""Of two services on one database the one that began later has the journal.

The ledger says when the service began whose epoch it is. Whoever is connected holds a lock that is
named after the beginning of its own service, and that all lives of this service share; so an older
one sees whether the newer one lives, and stands by while it does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import psycopg

from retender.errors import Superseded
from retender.journal.statements import Connection

_APPEAR: Final = "SELECT pg_advisory_lock_shared(%s)"
_HOLDER: Final = "SELECT since FROM ledger"
_IS_GONE: Final = "SELECT pg_try_advisory_xact_lock(?)"
_TAKE: Final = "UPDATE ledger SET since = ?"


def announce(connection: psycopg.Connection, since: float) -> None:
    """As long as the connection lasts, others see that this service lives."""
    connection.execute(_APPEAR, (_lock(since),))


def take_over(connection: Connection, since: float, name: str) -> None:
    """In the transaction that begins an epoch. Raises `Superseded`."""
    (holder,) = connection.execute(_HOLDER).fetchone()
    if holder > since and not connection.execute(_IS_GONE, (_lock(holder),)).fetchone()[0]:
        began = datetime.fromtimestamp(holder, UTC).isoformat(timespec="seconds")
        raise Superseded(
            f"a newer service, begun at {began}, has the journal in {name}; this one stands by",
            since=began,
        )
    connection.execute(_TAKE, (since,))


def _lock(since: float) -> int:
    """Microseconds: no two services have the same, and no other lock here is so high a number."""
    return round(since * 1_000_000)

"""Of two services on one database, the one that started later has the journal.

The table `ledger` says when the service of the present epoch started. Each connection holds a
shared lock whose number is the start time of its service. So an older service sees whether the
newer one is running, and waits while it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import psycopg

from retender.errors import Superseded
from retender.journal.statements import Connection

_ANNOUNCE: Final = "SELECT pg_advisory_lock_shared(%s)"
_HOLDER: Final = "SELECT since FROM ledger"
_IS_GONE: Final = "SELECT pg_try_advisory_xact_lock(?)"
_TAKE_OVER: Final = "UPDATE ledger SET since = ?"


def announce(connection: psycopg.Connection, since: float) -> None:
    """While the connection is open, other services see that this one is running."""
    connection.execute(_ANNOUNCE, (_lock(since),))


def take_over(connection: Connection, since: float, name: str) -> None:
    """Called in the transaction that begins an epoch. Raises `Superseded`."""
    (holder,) = connection.execute(_HOLDER).fetchone()
    if holder > since and not connection.execute(_IS_GONE, (_lock(holder),)).fetchone()[0]:
        began = datetime.fromtimestamp(holder, UTC).isoformat(timespec="seconds")
        raise Superseded(
            f"a newer service, begun at {began}, has the journal in {name}; this one stands by",
            since=began,
        )
    connection.execute(_TAKE_OVER, (since,))


def _lock(since: float) -> int:
    """Microseconds: different for each service, and higher than the numbers of other locks here."""
    return round(since * 1_000_000)

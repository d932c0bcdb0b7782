"""Queries about deliveries. Each uses an index, whatever the number of waiting deliveries."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from retender.jobs.deliveries import NEVER, Backlog, Delivery
from retender.journal.statements import Connection

# It goes from receiver (column `lane`) to receiver by the index, and to the first delivery of each:
# a receiver for which ten thousand deliveries wait costs no more than one with a single delivery.
_DUE = """
    WITH RECURSIVE lanes (lane) AS (
        SELECT min(lane) FROM deliveries WHERE consumer = :consumer AND due IS NOT NULL
        UNION ALL
        SELECT (
            SELECT min(d.lane) FROM deliveries AS d
            WHERE d.consumer = :consumer AND d.due IS NOT NULL AND d.lane > lanes.lane
        )
        FROM lanes WHERE lanes.lane IS NOT NULL
    )
    SELECT first.lane, first.body
    FROM lanes JOIN deliveries AS first ON first.rowid = (
        SELECT d.rowid FROM deliveries AS d
        WHERE d.consumer = :consumer AND d.lane = lanes.lane AND d.due <= :now
            AND NOT EXISTS (
                SELECT 1 FROM deliveries AS earlier
                WHERE earlier.job_id = d.job_id AND earlier.consumer = d.consumer
                    AND earlier.seq < d.seq AND earlier.due IS NOT NULL
            )
        ORDER BY d.due, d.rowid LIMIT 1
    )
    ORDER BY first.due, first.rowid LIMIT :limit
"""
_NEXT_DUE = "SELECT min(due) FROM deliveries WHERE consumer = ? AND due > ? AND due < ?"
_BACKLOG = "SELECT count(*), min(at) FROM deliveries WHERE consumer = ? AND due < ?"
_PARKED_COUNT = "SELECT count(*) FROM deliveries WHERE consumer = ? AND due >= ?"
_PARKED = "SELECT body FROM deliveries WHERE consumer = ? AND due >= ? LIMIT ?"
_OF_JOB = "SELECT body FROM deliveries WHERE job_id = ? AND consumer = ? ORDER BY seq"

_delivery = msgspec.json.Decoder(Delivery).decode


def due(
    connection: Connection, consumer: str, now: float, busy: Sequence[str], limit: int
) -> tuple[Delivery, ...]:
    # No more than one of each lane is found, so there are enough when the busy ones are left out.
    asked = {"consumer": consumer, "now": now, "limit": limit + len(busy)}
    rows = connection.execute(_DUE, asked)
    return tuple(_delivery(body) for lane, body in rows if lane not in busy)[:limit]


def next_due(connection: Connection, consumer: str, after: float) -> float | None:
    found: float | None = connection.execute(_NEXT_DUE, (consumer, after, NEVER)).fetchone()[0]
    return found


def backlog(connection: Connection, consumer: str) -> Backlog:
    waiting, oldest = connection.execute(_BACKLOG, (consumer, NEVER)).fetchone()
    (count,) = connection.execute(_PARKED_COUNT, (consumer, NEVER)).fetchone()
    first = parked(connection, consumer=consumer, limit=1) if count else ()
    return Backlog(waiting, oldest, count, first[0].last_error if first else "")


def parked(connection: Connection, consumer: str, limit: int) -> tuple[Delivery, ...]:
    rows = connection.execute(_PARKED, (consumer, NEVER, limit))
    return tuple(_delivery(body) for (body,) in rows)


def deliveries(connection: Connection, job_id: str, consumer: str) -> tuple[Delivery, ...]:
    rows = connection.execute(_OF_JOB, (job_id, consumer))
    return tuple(_delivery(body) for (body,) in rows)

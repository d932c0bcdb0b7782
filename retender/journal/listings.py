"""Lists of jobs: all or some of them, found by words or not, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from retender.errors import InvalidOption
from retender.jobs.job import Job
from retender.journal import search
from retender.journal.api import Listing, Page
from retender.journal.limits import LISTING_BYTES
from retender.journal.statements import Connection

_BEYOND_ALL: Final = 2**63 - 1

_job = msgspec.json.Decoder(Job).decode


def jobs(connection: Connection, listing: Listing) -> Page:
    if listing.words == ():
        return Page((), None)
    values: dict[str, Any] = {
        "owner": listing.owner,
        "status": None if listing.status is None else listing.status.value,
        "from": _ordinal(listing),
        # One more row than asked for shows whether there is a next page.
        "limit": listing.limit + 1,
    }
    if listing.words is not None:
        values |= search.asked(listing.words, listing.owner)
    statement = _statement(
        owned=listing.owner is not None,
        in_status=listing.status is not None,
        found=listing.words is not None,
        oldest_first=listing.oldest_first,
    )
    rows = connection.execute(statement, values).fetchall()
    page = rows[: _fitting(rows[: listing.limit])]
    more = str(page[-1][0]) if page and len(rows) > len(page) else None
    return Page(tuple(_job(body) for _, body in page), more)


def _fitting(rows: Sequence[tuple[int, bytes]]) -> int:
    """How many of these jobs fit into one answer: one, at least, if there is one."""
    size = 0
    for number, (_, body) in enumerate(rows):
        size += len(body)
        if number > 0 and size > LISTING_BYTES:
            return number
    return len(rows)


@lru_cache
def _statement(*, owned: bool, in_status: bool, found: bool, oldest_first: bool) -> str:
    """Each uses an index. With words, the index of words is looked up first, which SQLite would not
    do by itself; it gives the jobs in the order that is wanted."""
    place = "search.rowid" if found else "jobs.ordinal"
    conditions = [f"{place} > :from" if oldest_first else f"{place} < :from"]
    if found:
        conditions += [search.MATCHES, "jobs.ordinal = search.rowid"]
    if owned:
        conditions.append("jobs.owner = :owner")
    if in_status:
        conditions.append("jobs.status = :status")
    return " ".join(
        (
            "SELECT jobs.ordinal, jobs.body FROM",
            "search CROSS JOIN jobs" if found else "jobs",
            "WHERE",
            " AND ".join(conditions),
            "ORDER BY",
            place,
            "ASC" if oldest_first else "DESC",
            "LIMIT :limit",
        )
    )


def _ordinal(listing: Listing) -> int:
    if listing.cursor is None:
        return 0 if listing.oldest_first else _BEYOND_ALL
    try:
        return min(int(listing.cursor), _BEYOND_ALL)
    except ValueError:
        raise InvalidOption(
            f"cursor: {listing.cursor!r} is not one that a page of jobs came with", field="cursor"
        ) from None

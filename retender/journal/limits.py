"""The bounds of a journal, most of them of one on PostgreSQL, and what happens at each bound."""

from __future__ import annotations

from typing import Final

EDITS_KEPT: Final = 20
"""Edited versions of a transcript, beside the original; with a newer one the oldest is deleted."""

FORGOTTEN_SECONDS: Final = 86_400.0
"""The id of a forgotten job is kept for so long; no message is delivered later than that."""

TEXT_PAGE_BYTES: Final = 512 * 1024
SEGMENTS_PER_PAGE: Final = 1000
PIECES_PER_PAGE: Final = 100
"""Bytes and segments of one page of a text, or pieces of a job that failed. A page has at least one
segment or piece, whatever its bytes; a longer text is read in several pages."""

EVENTS_BYTES: Final = 2 << 20
"""Bytes of the segments of the events in one answer. It has at least one event; the reader asks for
the next ones."""

LISTING_BYTES: Final = 2 << 20
"""Bytes of the jobs in one page of a list: a job may have a long prompt. A page has at least one
job; the cursor leads to the next page."""

INDEXED_AT_ONCE: Final = 128 * 1024
"""Bytes of texts that are indexed in the commit that stores them. Jobs beyond that are marked in
it, and indexed afterwards: taking ten hours of speech apart keeps a processor busy for a second."""

INDEXED_CHARS: Final = 200_000
"""Of all different words of one job together. Those beyond are not found. A tsvector has at most a
megabyte; four hours of speech have 60,000."""

DATABASE_WAIT_SECONDS: Final = 60.0
DATABASE_PAUSES: Final = (0.05, 2.0)
"""How long to wait for a database that cannot be reached, or while a newer service has the journal:
seconds of all pauses between attempts together, and the first and the longest pause. Then the
JobManager ends, and its next instance waits again."""

DATABASE_CONNECT_SECONDS: Final = 5
"""The timeout of one attempt to connect."""

DATABASE_LOCK_SECONDS: Final = 5
"""How long another commit may hold the row of `ledger`; then the database counts as unreachable."""

DATABASE_IDLE_SECONDS: Final = 10
"""The database rolls back a transaction that is idle for so long, and frees the row of `ledger`:
its JobManager is cut off, or hangs."""

DATABASE_SILENCE_SECONDS: Final = 20
"""A connection whose other end does not answer for so long is closed, by us and by the server."""

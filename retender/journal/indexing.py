"""Writes the index of names and texts: one row for each job.

A short text is indexed in the commit that stores it, with the job's name. A job with a long text is
only marked in that commit, in the table `unindexed`. Its words are read afterwards, page by page,
over the connection for reading, and the row is written by a commit of its own. Until then the job
is found by what was indexed before. A mark survives a crash.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from retender.jobs.job import Job
from retender.journal import edits
from retender.journal.api import Unindexed
from retender.journal.limits import INDEXED_CHARS, SEGMENTS_PER_PAGE, TEXT_PAGE_BYTES
from retender.journal.search import owner_token
from retender.journal.statements import Connection
from retender.transcript.edits import ORIGINAL
from retender.transcript.search import Line, words_of

_JOB: Final = "SELECT ordinal, body FROM jobs WHERE id = ?"
_JOB_AT: Final = "SELECT body FROM jobs WHERE ordinal = ?"
_LINES: Final = "SELECT id, body FROM segments WHERE job_id = ? AND id >= ? ORDER BY id LIMIT ?"
_REMOVE: Final = "DELETE FROM search WHERE rowid = ?"
_ADD: Final = "INSERT INTO search (rowid, owner, words) VALUES (?, ?, ?)"
_MARK: Final = "INSERT INTO unindexed (ordinal) VALUES (?) ON CONFLICT (ordinal) DO NOTHING"
_NEWEST: Final = "SELECT ordinal FROM unindexed WHERE ordinal < ? ORDER BY ordinal DESC LIMIT 1"
_UNMARK: Final = "DELETE FROM unindexed WHERE ordinal = ?"
_UNMARK_JOB: Final = """
    DELETE FROM unindexed WHERE ordinal = (SELECT ordinal FROM jobs WHERE id = ?)
"""
_BEYOND_ALL: Final = 2**63 - 1

_job = msgspec.json.Decoder(Job).decode
_line = msgspec.json.Decoder(Line).decode
_lines = msgspec.json.Decoder(tuple[Line, ...]).decode


class _Page(NamedTuple):
    """Some lines of a text, with their bytes in the journal, and where the next ones begin."""

    lines: tuple[Line, ...] = ()
    size: int = 0
    following: int | None = None


def index_or_mark(connection: Connection, job_id: str, room: int) -> int:
    """Index the job as it is now, in the transaction of the caller; or mark it, if its text has
    more bytes than there is room for. Returns how many bytes were indexed."""
    row = connection.execute(_JOB, (job_id,)).fetchone()
    if row is None:
        return 0
    ordinal, body = row
    job = _job(body)
    page = _page(connection, job, 0)
    if page.following is not None or page.size > room:
        connection.execute(_MARK, (ordinal,))
        return 0
    _write(connection, ordinal, job, _with_lines(_name(job), page.lines))
    return page.size


def unindexed(connection: Connection, before: Unindexed | None = None) -> Unindexed | None:
    if before is not None and before.following is not None:
        job = _job_at(connection, before.ordinal)
        if job is not None and _state(connection, job) == before.state:
            return _read_on(connection, job, before, before.following)
        return _begin(connection, before.ordinal)
    below = _BEYOND_ALL if before is None else before.ordinal
    row = connection.execute(_NEWEST, (below,)).fetchone()
    return None if row is None else _begin(connection, row[0])


def index(connection: Connection, read: Unindexed) -> None:
    """In the transaction of the caller."""
    job = _job_at(connection, read.ordinal)
    if job is not None:
        if _state(connection, job) != read.state:
            return
        _write(connection, read.ordinal, job, read.words)
    connection.execute(_UNMARK, (read.ordinal,))


def unmark(connection: Connection, job_id: str) -> None:
    """Of a job that is about to be deleted. Its row goes with it."""
    connection.execute(_UNMARK_JOB, (job_id,))


def _begin(connection: Connection, ordinal: int) -> Unindexed:
    job = _job_at(connection, ordinal)
    if job is None:
        return Unindexed(ordinal, None)
    begun = Unindexed(ordinal, _state(connection, job), _name(job))
    return _read_on(connection, job, begun, 0)


def _read_on(connection: Connection, job: Job, read: Unindexed, at: int) -> Unindexed:
    page = _page(connection, job, at)
    words = _with_lines(read.words, page.lines)
    return msgspec.structs.replace(read, words=words, following=page.following)


def _job_at(connection: Connection, ordinal: int) -> Job | None:
    row = connection.execute(_JOB_AT, (ordinal,)).fetchone()
    return None if row is None else _job(row[0])


def _state(connection: Connection, job: Job) -> tuple[int, str, int]:
    """Changes with whatever the index is made of."""
    return job.seq, job.name, _version(connection, job)


def _version(connection: Connection, job: Job) -> int:
    return edits.version_read(connection, job.id, None)[0]


def _page(connection: Connection, job: Job, at: int) -> _Page:
    """The lines from this segment on, or from this part of an edit."""
    if not job.finished:
        return _Page()
    version = _version(connection, job)
    if version == ORIGINAL:
        return _original(connection, job.id, at)
    return _edited(connection, job.id, version, at)


def _original(connection: Connection, job_id: str, at: int) -> _Page:
    size = 0
    lines: list[Line] = []
    rows = connection.execute(_LINES, (job_id, at, SEGMENTS_PER_PAGE)).fetchall()
    for number, body in rows:
        if lines and size + len(body) > TEXT_PAGE_BYTES:
            return _Page(tuple(lines), size, number)
        size += len(body)
        lines.append(_line(body))
    following = rows[-1][0] + 1 if len(rows) == SEGMENTS_PER_PAGE else None
    return _Page(tuple(lines), size, following)


def _edited(connection: Connection, job_id: str, version: int, at: int) -> _Page:
    found = edits.parts_from(connection, job_id, version, at)
    if not found:
        return _Page()
    text = zlib.decompress(found[0][1])
    return _Page(_lines(text), len(text), found[1][0] if len(found) > 1 else None)


def _name(job: Job) -> str:
    return _bounded(set(words_of(job.name)))


def _with_lines(words: str, lines: Iterable[Line]) -> str:
    found = set(words.split())
    for line in lines:
        found.update(words_of(line.text))
    return _bounded(found)


def _bounded(words: set[str]) -> str:
    """Beyond the limit, the last words by the alphabet are not found."""
    text = " ".join(sorted(words))
    if len(text) <= INDEXED_CHARS:
        return text
    return text[:INDEXED_CHARS].rpartition(" ")[0]


def _write(connection: Connection, ordinal: int, job: Job, words: str) -> None:
    connection.execute(_REMOVE, (ordinal,))
    if words:
        connection.execute(_ADD, (ordinal, owner_token(job.owner), words))

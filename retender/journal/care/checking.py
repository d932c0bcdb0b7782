"""Looks for what is wrong in a journal, without changing it."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from retender.audio.peaks import Peaks
from retender.jobs.deliveries import Delivery
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import Piece
from retender.jobs.states import Status
from retender.journal.care.copying import reading
from retender.transcript.chunks import ChunkResult
from retender.transcript.search import Line, words_of
from retender.transcript.segments import Segment

Kind = Literal["file", "foreign", "unreadable", "events", "transcript", "recording", "search"]

FOUND_MOST: Final = 1000
"""Findings of one check. After that it ends, and says that there may be more."""

_CHILDREN: Final = frozenset(
    {"pieces", "segments", "events", "deliveries", "peaks", "edits", "edit_parts"}
)


def _edit(body: bytes) -> tuple[Segment, ...]:
    return msgspec.json.decode(zlib.decompress(body), type=tuple[Segment, ...])


_BODIES: Final[dict[str, tuple[str, Callable[[bytes], object]]]] = {
    "jobs": ("SELECT id, body FROM jobs", msgspec.json.Decoder(Job).decode),
    "pieces": ("SELECT job_id, body FROM pieces", msgspec.json.Decoder(Piece).decode),
    "results": (
        "SELECT job_id, result FROM pieces WHERE result IS NOT NULL",
        msgspec.json.Decoder(ChunkResult).decode,
    ),
    "segments": ("SELECT job_id, body FROM segments", msgspec.json.Decoder(Segment).decode),
    "events": ("SELECT job_id, body FROM events", msgspec.json.Decoder(Event).decode),
    "deliveries": ("SELECT job_id, body FROM deliveries", msgspec.json.Decoder(Delivery).decode),
    "peaks": ("SELECT job_id, body FROM peaks", msgspec.json.Decoder(Peaks).decode),
    "edits": ("SELECT job_id, body FROM edits", _edit),
    "edit_parts": ("SELECT job_id, body FROM edit_parts", _edit),
}
"""How each kind of value is read back."""

_JOBS: Final = """
    SELECT j.id, j.body, j.owner, j.status, j.cache_key,
        (SELECT count(*) FROM events WHERE job_id = j.id),
        (SELECT coalesce(min(seq), 0) FROM events WHERE job_id = j.id),
        (SELECT coalesce(max(seq), 0) FROM events WHERE job_id = j.id),
        (SELECT count(*) FROM segments WHERE job_id = j.id),
        (SELECT coalesce(min(id), 0) FROM segments WHERE job_id = j.id),
        (SELECT coalesce(max(id), -1) FROM segments WHERE job_id = j.id),
        (SELECT count(*) FROM pieces WHERE job_id = j.id),
        (SELECT coalesce(max(number), -1) FROM pieces WHERE job_id = j.id)
    FROM jobs AS j ORDER BY j.ordinal
"""

_IN_NO_INDEX: Final = """
    SELECT id, body FROM jobs
    WHERE ordinal NOT IN (SELECT rowid FROM search)
        AND ordinal NOT IN (SELECT ordinal FROM unindexed)
    ORDER BY ordinal
"""
_TEXTS: Final = "SELECT body FROM segments WHERE job_id = ? ORDER BY id"


class Damage(msgspec.Struct, frozen=True):
    kind: Kind
    about: str
    """One sentence."""
    job_id: str = ""
    """Empty if it is not about one job."""


def check(path: Path, recording: Callable[[str], int | None] | None) -> tuple[Damage, ...]:
    """`recording`: the size of the recording with this SHA-256, or None if it is not there. Without
    it recordings are not looked for. Raises `JournalError` if the file cannot be opened at all."""
    with reading(path) as connection:
        connection.execute("BEGIN")  # everything is read as it is at one moment
        found: list[Damage] = []
        for finding in _all(connection, recording):
            found.append(finding)
            if len(found) >= FOUND_MOST:
                found.append(Damage("file", "there may be more: the check ends here"))
                break
        return tuple(found)


def _all(
    connection: sqlite3.Connection, recording: Callable[[str], int | None] | None
) -> Iterator[Damage]:
    try:
        damage = [line for (line,) in connection.execute("PRAGMA integrity_check(100)")]
    except sqlite3.DatabaseError as error:
        damage = [str(error)]
    if damage != ["ok"]:
        # What could be read of a damaged file says little.
        yield from (Damage("file", f"the file is damaged: {line}") for line in damage)
        return
    yield from foreign(connection)
    unreadable = list(_unreadable(connection))
    yield from unreadable
    spoilt = {finding.job_id for finding in unreadable}
    (position,) = connection.execute("SELECT position FROM ledger").fetchone()
    (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    if last > position:
        yield Damage("events", f"an event has the place {last}, and only {position} were given")
    for row in connection.execute(_JOBS):
        if row[0] not in spoilt:
            yield from _of_job(row, recording)
    yield from _not_searched(connection, spoilt)


def _tables(connection: sqlite3.Connection) -> frozenset[str]:
    """An older journal does not have all of them yet."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    return frozenset(name for (name,) in connection.execute(query))


def foreign(connection: sqlite3.Connection) -> Iterator[Damage]:
    """Rows of jobs that there are not."""
    for table in _CHILDREN & _tables(connection):
        rows = connection.execute(
            f"SELECT job_id, count(*) FROM {table} "  # noqa: S608 - made of constants
            "WHERE job_id NOT IN (SELECT id FROM jobs) GROUP BY job_id"
        )
        for job_id, number in rows:
            yield Damage("foreign", f"{number} rows of {table} have no job", job_id)


def _not_searched(connection: sqlite3.Connection, spoilt: set[str]) -> Iterator[Damage]:
    """Jobs with words that are neither indexed nor marked as waiting for it."""
    if "unindexed" not in _tables(connection):
        return
    for job_id, body in connection.execute(_IN_NO_INDEX):
        if job_id not in spoilt and _has_words(connection, msgspec.json.decode(body, type=Job)):
            yield Damage("search", "the search does not find it", job_id)


def _has_words(connection: sqlite3.Connection, job: Job) -> bool:
    texts = connection.execute(_TEXTS, (job.id,)) if job.finished else ()
    lines = (msgspec.json.decode(body, type=Line).text for (body,) in texts)
    return any(word for text in chain((job.name,), lines) for word in words_of(text))


def _unreadable(connection: sqlite3.Connection) -> Iterator[Damage]:
    there = _tables(connection) | {"results"}
    if "edit_parts" in there:
        there -= {"edits"}  # which had the text before there were parts
    for what, (query, read) in _BODIES.items():
        for job_id, body in connection.execute(query) if what in there else ():
            try:
                read(body)
            except (msgspec.MsgspecError, zlib.error, TypeError, ValueError) as error:
                yield Damage("unreadable", f"one of its {what} cannot be read: {error}", job_id)


def _of_job(
    row: tuple[Any, ...], recording: Callable[[str], int | None] | None
) -> Iterable[Damage]:
    job_id, body, owner, status, cache_key, *numbers = row
    events, first, last, segments, first_id, last_id, pieces, last_piece = numbers
    job = msgspec.json.decode(body, type=Job)
    if (job.id, job.owner, job.status.value, job.cache_key) != (job_id, owner, status, cache_key):
        yield Damage("unreadable", "its row and its body differ", job.id)
    if (events, first, last) != (job.seq, 1, job.seq):
        yield Damage(
            "events",
            f"it has {events} events numbered {first} to {last}, and should have 1 to {job.seq}",
            job.id,
        )
    if segments and (first_id, last_id) != (0, segments - 1):
        gaps = f"its transcript has {segments} segments numbered {first_id} to {last_id}"
        yield Damage("transcript", gaps, job.id)
    if segments != job.seam.next_id:
        yield Damage(
            "transcript",
            f"its transcript has {segments} segments, and its pieces gave {job.seam.next_id}",
            job.id,
        )
    if pieces != last_piece + 1 or (pieces and job.chunks and pieces != job.chunks + 1):
        yield Damage(
            "transcript", f"it has {pieces} pieces, and {job.chunks} chunks were planned", job.id
        )
    if recording is not None and job.audio is not None and _needs_recording(job):
        size = recording(job.audio.sha256)
        if size is None:
            yield Damage("recording", f"its recording {job.audio.sha256} is not there", job.id)
        elif size != job.audio.size:
            yield Damage(
                "recording",
                f"its recording has {size} bytes, and was received with {job.audio.size}",
                job.id,
            )


def _needs_recording(job: Job) -> bool:
    return not job.finished or job.status is Status.FAILED

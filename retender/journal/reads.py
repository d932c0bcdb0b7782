"""The journal's queries. Each uses an index, whatever the number of finished jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from retender.audio.peaks import Peaks
from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import Piece
from retender.journal.api import Counts, MatchingJobs, Recovery, Stored
from retender.journal.limits import EVENTS_BYTES
from retender.journal.statements import Connection, Rows
from retender.transcript.chunks import ChunkResult
from retender.transcript.segments import Segment

_BEGIN_EPOCH = "UPDATE ledger SET epoch = epoch + 1 RETURNING epoch, position"
_UNFINISHED = """
    SELECT body FROM jobs WHERE status IN ('pending', 'queued', 'processing') ORDER BY ordinal
"""
_COUNTS = "SELECT status, count(*) FROM jobs GROUP BY status"
_JOB = "SELECT body FROM jobs WHERE id = ?"
_PIECES = "SELECT number, body, result FROM pieces WHERE job_id = ? ORDER BY number"
_IDEMPOTENT = "SELECT body FROM jobs WHERE owner = ? AND idempotency_key = ?"
_FORGOTTEN = "SELECT 1 FROM forgotten WHERE job_id = ?"
_COMPLETED = """
    SELECT body FROM jobs WHERE cache_key = ? AND status = 'completed'
    ORDER BY ordinal DESC LIMIT 1
"""
_COMPLETED_OF_OWNER = """
    SELECT body FROM jobs WHERE owner = ? AND cache_key = ? AND status = 'completed'
    ORDER BY ordinal DESC LIMIT 1
"""
_EVENTS = """
    SELECT e.position, e.body, s.body
    FROM (
        SELECT position, job_id, first_segment, last_segment, body FROM events
        WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?
    ) AS e
    LEFT JOIN segments AS s
        ON s.job_id = e.job_id AND s.id BETWEEN e.first_segment AND e.last_segment
    ORDER BY e.position, s.id
"""
_LOG = """
    SELECT e.position, e.body, s.body
    FROM (
        SELECT position, job_id, first_segment, last_segment, body FROM events
        WHERE position > ? ORDER BY position LIMIT ?
    ) AS e
    LEFT JOIN segments AS s
        ON s.job_id = e.job_id AND s.id BETWEEN e.first_segment AND e.last_segment
    ORDER BY e.position, s.id
"""
_SEGMENTS = "SELECT body FROM segments WHERE job_id = ? ORDER BY id"
_PEAKS = "SELECT body FROM peaks WHERE job_id = ?"
_AUDIO_IN_USE = """
    WITH asked (sha256) AS (VALUES {places})
    SELECT asked.sha256 FROM asked
    WHERE EXISTS (
        SELECT 1 FROM jobs AS j
        WHERE j.sha256 = asked.sha256 AND j.status IN ('pending', 'queued', 'processing', 'failed')
    ) OR EXISTS (
        SELECT 1 FROM jobs AS j
        WHERE j.sha256 = asked.sha256 AND j.status IN ('completed', 'cancelled')
            AND j.completed_at >= ?
    )
"""
# Without the hint, SQLite would look up the states and sort all rows that it finds.
_FINISHED_BEFORE = """
    SELECT id FROM jobs INDEXED BY jobs_to_forget
    WHERE status IN ('completed', 'failed', 'cancelled') AND completed_at < ?
    ORDER BY completed_at LIMIT ?
"""

_job = msgspec.json.Decoder(Job).decode
_piece = msgspec.json.Decoder(Piece).decode
_result = msgspec.json.Decoder(ChunkResult).decode
_segment = msgspec.json.Decoder(Segment).decode
_peaks = msgspec.json.Decoder(Peaks).decode
_event = msgspec.json.Decoder(Event).decode


def begin_epoch(connection: Connection) -> Recovery:
    """Changes the epoch, so it must run in a transaction."""
    ((epoch, position),) = connection.execute(_BEGIN_EPOCH).fetchall()
    unfinished = [
        _with_pieces(connection, _job(body))
        for (body,) in connection.execute(_UNFINISHED).fetchall()
    ]
    counts = dict(connection.execute(_COUNTS).fetchall())
    return Recovery(epoch, position, tuple(unfinished), Counts(counts))


def job(connection: Connection, job_id: str) -> Job | None:
    return _first_job(connection.execute(_JOB, (job_id,)))


def stored(connection: Connection, job_id: str) -> Stored | None:
    found = job(connection, job_id)
    return None if found is None else _with_pieces(connection, found)


def matching_jobs(
    connection: Connection,
    job_id: str,
    *,
    owner: str,
    key: str | None,
    cache_key: str | None,
    shared: bool = False,
) -> MatchingJobs:
    if (same_id := job(connection, job_id)) is not None:
        return MatchingJobs(same_id=same_id)
    if connection.execute(_FORGOTTEN, (job_id,)).fetchone() is not None:
        return MatchingJobs(forgotten=True)
    if key is not None:
        same_key = _first_job(connection.execute(_IDEMPOTENT, (owner, key)))
        if same_key is not None:
            return MatchingJobs(same_key=same_key)
    if cache_key is None:
        return MatchingJobs()
    return MatchingJobs(known=completed(connection, cache_key, None if shared else owner))


def completed(connection: Connection, cache_key: str, owner: str | None) -> Job | None:
    if owner is None:
        return _first_job(connection.execute(_COMPLETED, (cache_key,)))
    return _first_job(connection.execute(_COMPLETED_OF_OWNER, (owner, cache_key)))


def events(connection: Connection, job_id: str, since: int, limit: int) -> tuple[Event, ...]:
    return _with_segments(connection.execute(_EVENTS, (job_id, since, limit)))


def log(connection: Connection, after: int, limit: int) -> tuple[Event, ...]:
    return _with_segments(connection.execute(_LOG, (after, limit)))


def segments(connection: Connection, job_id: str) -> tuple[Segment, ...]:
    return tuple(_segment(body) for (body,) in connection.execute(_SEGMENTS, (job_id,)))


def peaks(connection: Connection, job_id: str) -> Peaks | None:
    row = connection.execute(_PEAKS, (job_id,)).fetchone()
    return None if row is None else _peaks(row[0])


def audio_in_use(
    connection: Connection, asked: Sequence[str], finished_after: float
) -> frozenset[str]:
    if not asked:
        return frozenset()
    statement = _AUDIO_IN_USE.format(places=", ".join(["(?)"] * len(asked)))
    return frozenset(sha for (sha,) in connection.execute(statement, (*asked, finished_after)))


def finished_before(connection: Connection, at: float, limit: int) -> tuple[str, ...]:
    return tuple(job_id for (job_id,) in connection.execute(_FINISHED_BEFORE, (at, limit)))


def _first_job(rows: Rows) -> Job | None:
    row = rows.fetchone()
    return None if row is None else _job(row[0])


def _with_pieces(connection: Connection, found: Job) -> Stored:
    rows = connection.execute(_PIECES, (found.id,)).fetchall()
    return Stored(
        found,
        tuple(_piece(body) for _, body, _ in rows),
        {number: _result(result) for number, _, result in rows if result is not None},
    )


def _with_segments(rows: Iterable[tuple[int, bytes, bytes | None]]) -> tuple[Event, ...]:
    """Those that fit into one answer: one, at least."""
    found: list[Event] = []
    size = 0
    for _, group in groupby(rows, key=itemgetter(0)):
        of_event = list(group)
        size += sum(len(body) for _, _, body in of_event if body is not None)
        if found and size > EVENTS_BYTES:
            break
        found.append(_event_of(of_event))
    return tuple(found)


def _event_of(rows: list[tuple[Any, ...]]) -> Event:
    event = _event(rows[0][1])
    texts = tuple(_segment(body) for _, _, body in rows if body is not None)
    return msgspec.structs.replace(event, segments=texts) if texts else event

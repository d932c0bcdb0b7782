"""Reads the text of a job page by page, by bytes: the message that a page travels in is bounded."""

from __future__ import annotations

from typing import Final

import msgspec

from retender.jobs.job import Job
from retender.jobs.pieces import Piece
from retender.jobs.states import Status
from retender.journal import edits, reads
from retender.journal.api import StoredText
from retender.journal.limits import PIECES_PER_PAGE, SEGMENTS_PER_PAGE, TEXT_PAGE_BYTES
from retender.journal.statements import Connection
from retender.transcript.chunks import ChunkResult
from retender.transcript.edits import ORIGINAL, unpack
from retender.transcript.pages import Place
from retender.transcript.segments import Segment

_SEGMENTS: Final = "SELECT body FROM segments WHERE job_id = ? AND id >= ? ORDER BY id LIMIT ?"
_RESULTS: Final = """
    SELECT number, body, result FROM pieces
    WHERE job_id = ? AND number > ? AND result IS NOT NULL ORDER BY number LIMIT ?
"""

_segment = msgspec.json.Decoder(Segment).decode
_piece = msgspec.json.Decoder(Piece).decode
_result = msgspec.json.Decoder(ChunkResult).decode
_encode = msgspec.json.Encoder().encode


def text(
    connection: Connection,
    job_id: str,
    version: int | None = None,
    place: Place | None = None,
) -> StoredText | None:
    job = reads.job(connection, job_id)
    if job is None:
        return None
    asked = version if place is None else place.version
    found, edited_at = edits.version_read(connection, job_id, asked)
    at = place or Place(found)
    if found != ORIGINAL:
        segments, following = _edited(connection, job_id, at)
        return StoredText(job, found, edited_at, segments, following=following)
    if at.piece is None:
        return _original(connection, job, at)
    return _results(connection, job, at)


def _edited(
    connection: Connection, job_id: str, at: Place
) -> tuple[tuple[Segment, ...], Place | None]:
    found = edits.parts_from(connection, job_id, at.version, at.part)
    if not found:
        return (), None
    number, body = found[0]
    part = unpack(body)
    end = _end(part, at.segment)
    if end < len(part):
        return part[at.segment : end], Place(at.version, segment=end, part=number)
    following = Place(at.version, part=found[1][0]) if len(found) > 1 else None
    return part[at.segment :], following


def _end(segments: tuple[Segment, ...], start: int) -> int:
    """The end of the page that begins with this segment. Only an edit from before there were parts
    is longer than a page."""
    size = 0
    for index in range(start, len(segments)):
        size += len(_encode(segments[index]))
        if size > TEXT_PAGE_BYTES and index > start:
            return index
    return len(segments)


def _original(connection: Connection, job: Job, at: Place) -> StoredText:
    size = 0
    segments: list[Segment] = []
    rows = connection.execute(_SEGMENTS, (job.id, at.segment, SEGMENTS_PER_PAGE)).fetchall()
    for (body,) in rows:
        size += len(body)
        if segments and size > TEXT_PAGE_BYTES:
            break
        segments.append(_segment(body))
    following = None
    if segments and (len(segments) < len(rows) or len(rows) == SEGMENTS_PER_PAGE):
        following = Place(ORIGINAL, segment=segments[-1].id + 1)
    elif job.status is Status.FAILED:
        following = Place(ORIGINAL, piece=0, seam=job.seam)
    return StoredText(job, ORIGINAL, segments=tuple(segments), following=following)


def _results(connection: Connection, job: Job, at: Place) -> StoredText:
    """The seam of the page that follows is known when these results are merged."""
    size = 0
    results: list[tuple[Piece, ChunkResult]] = []
    rows = connection.execute(_RESULTS, (job.id, at.piece, PIECES_PER_PAGE)).fetchall()
    for _, body, result in rows:
        size += len(result)
        if results and size > TEXT_PAGE_BYTES:
            break
        results.append((_piece(body), _result(result)))
    following = None
    if results and (len(results) < len(rows) or len(rows) == PIECES_PER_PAGE):
        following = Place(ORIGINAL, piece=results[-1][0].index)
    return StoredText(job, ORIGINAL, results=tuple(results), following=following)

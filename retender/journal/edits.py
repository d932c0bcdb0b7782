"""The edited versions of transcripts in the journal. They are stored compressed."""

from __future__ import annotations

import zlib

import msgspec

from retender.journal.limits import EDITS_KEPT
from retender.journal.statements import Connection
from retender.transcript.edits import ORIGINAL, Edit, Versions
from retender.transcript.segments import Segment

_VERSIONS = "SELECT version FROM edits WHERE job_id = ? ORDER BY version"
_LATEST = "SELECT version, at, body FROM edits WHERE job_id = ? ORDER BY version DESC LIMIT 1"
_EDIT = "SELECT version, at, body FROM edits WHERE job_id = ? AND version = ?"
_ADD = "INSERT INTO edits (job_id, version, at, body) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM edits WHERE job_id = ? AND version <= ?"

_FAST = 1
"""The level of compression: an edit is stored while its writer waits."""

_encode = msgspec.json.Encoder().encode
_segments = msgspec.json.Decoder(tuple[Segment, ...]).decode


def versions(connection: Connection, job_id: str) -> Versions:
    edited = (version for (version,) in connection.execute(_VERSIONS, (job_id,)))
    return Versions((ORIGINAL, *edited))


def edit(connection: Connection, job_id: str, version: int | None = None) -> Edit | None:
    """The latest one, if no version is named."""
    if version is None:
        row = connection.execute(_LATEST, (job_id,)).fetchone()
    else:
        row = connection.execute(_EDIT, (job_id, version)).fetchone()
    if row is None:
        return None
    found, at, body = row
    return Edit(found, at, _segments(zlib.decompress(body)))


def add(connection: Connection, job_id: str, new: Edit) -> None:
    """Also deletes the oldest edits beyond `EDITS_KEPT`."""
    body = zlib.compress(_encode(new.segments), _FAST)
    connection.execute(_ADD, (job_id, new.version, new.at, body))
    connection.execute(_FORGET, (job_id, new.version - EDITS_KEPT))

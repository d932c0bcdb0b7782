"""The edited versions of transcripts in the journal. They are stored in compressed parts."""

from __future__ import annotations

from retender.errors import VersionNotFound
from retender.journal.limits import EDITS_KEPT
from retender.journal.statements import Connection
from retender.transcript.edits import ORIGINAL, Edit, Versions

_VERSIONS = "SELECT version FROM edits WHERE job_id = ? ORDER BY version"
_LATEST = "SELECT version, at FROM edits WHERE job_id = ? ORDER BY version DESC LIMIT 1"
_EDIT = "SELECT version, at FROM edits WHERE job_id = ? AND version = ?"
_PARTS = "SELECT body FROM edit_parts WHERE job_id = ? AND version = ? ORDER BY number"
_PART = """
    SELECT number, body FROM edit_parts WHERE job_id = ? AND version = ? AND number >= ?
    ORDER BY number LIMIT 2
"""
_ADD = "INSERT INTO edits (job_id, version, at) VALUES (?, ?, ?)"
_ADD_PART = "INSERT INTO edit_parts (job_id, version, number, body) VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM edits WHERE job_id = ? AND version <= ?"


def versions(connection: Connection, job_id: str) -> Versions:
    edited = (version for (version,) in connection.execute(_VERSIONS, (job_id,)))
    return Versions((ORIGINAL, *edited))


def edit(connection: Connection, job_id: str, version: int | None = None) -> Edit | None:
    """The latest one, if no version is named."""
    row = _row(connection, job_id, version)
    if row is None:
        return None
    found, at = row
    parts = connection.execute(_PARTS, (job_id, found))
    return Edit(found, at, tuple(body for (body,) in parts))


def version_read(
    connection: Connection, job_id: str, version: int | None
) -> tuple[int, float | None]:
    """The version that a reader gets who asks for this one, or for the latest, and when it was
    edited. Raises `VersionNotFound`."""
    if version == ORIGINAL:
        return ORIGINAL, None
    found = _row(connection, job_id, version)
    if found is not None:
        return found
    if version is not None:
        raise VersionNotFound(f"there is no version {version} of the transcript of {job_id}")
    return ORIGINAL, None


def parts_from(
    connection: Connection, job_id: str, version: int, number: int
) -> list[tuple[int, bytes]]:
    """The part with this number, and the one after it, if there are such."""
    return connection.execute(_PART, (job_id, version, number)).fetchall()


def add(connection: Connection, job_id: str, new: Edit) -> None:
    """Also deletes the oldest edits beyond `EDITS_KEPT`."""
    connection.execute(_ADD, (job_id, new.version, new.at))
    numbered = enumerate(new.parts)
    rows = [(job_id, new.version, number, part) for number, part in numbered]
    if rows:
        connection.executemany(_ADD_PART, rows)
    connection.execute(_FORGET, (job_id, new.version - EDITS_KEPT))


def _row(connection: Connection, job_id: str, version: int | None) -> tuple[int, float] | None:
    if version is None:
        found = connection.execute(_LATEST, (job_id,)).fetchone()
    else:
        found = connection.execute(_EDIT, (job_id, version)).fetchone()
    return None if found is None else (found[0], found[1])

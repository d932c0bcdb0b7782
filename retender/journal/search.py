"""The index of names and texts in the journal, and queries of it.

There is one row for each job, with each word of its name and of its text once. The words are made
here (`retender.transcript.search`), so that both databases find the same: they only look words up
by their beginnings. A name is found at once, a text when its job has ended.
"""

from __future__ import annotations

from typing import Final

import msgspec

from retender.jobs.job import Job
from retender.journal import edits
from retender.journal.limits import INDEXED_CHARS
from retender.journal.statements import Connection
from retender.transcript.search import Line, Passage, is_prefix, passage, words_of

_JOB = "SELECT ordinal, body FROM jobs WHERE id = ?"
_LINES = "SELECT body FROM segments WHERE job_id = ? ORDER BY id"
_REMOVE = "DELETE FROM search WHERE rowid = ?"
_ADD = "INSERT INTO search (rowid, owner, words) VALUES (?, ?, ?)"
_OLD = "SELECT ordinal FROM unindexed ORDER BY ordinal DESC LIMIT ?"
_ID = "SELECT id FROM jobs WHERE ordinal = ?"
_INDEXED = "DELETE FROM unindexed WHERE ordinal = ?"

MATCHES: Final = "search MATCH :fts"
"""The condition of a query: SQLite's FTS5 reads `fts`, PostgreSQL `tsquery`."""

_job = msgspec.json.Decoder(Job).decode
_line = msgspec.json.Decoder(Line).decode


def asked(words: tuple[str, ...], owner: str | None) -> dict[str, str]:
    """The values of `MATCHES`: all of these words, in jobs of this owner."""
    fts = " AND ".join(f'"{word}"{" *" if is_prefix(word) else ""}' for word in words)
    whose = "" if owner is None else f"owner : {_token(owner)} AND "
    return {
        "fts": f"{whose}words : ({fts})",
        "tsquery": " & ".join(f"'{word}'{':*' if is_prefix(word) else ''}" for word in words),
    }


def index(connection: Connection, job_id: str) -> None:
    """Index the job as it is now, in the transaction of the caller."""
    row = connection.execute(_JOB, (job_id,)).fetchone()
    if row is None:
        return
    ordinal, body = row
    job = _job(body)
    words = set(words_of(job.name))
    for line in lines(connection, job_id) if job.finished else ():
        words.update(words_of(line.text))
    connection.execute(_REMOVE, (ordinal,))
    if words:
        connection.execute(_ADD, (ordinal, _token(job.owner), _bounded(words)))


def index_old(connection: Connection, limit: int) -> None:
    """Index some of the jobs that were stored before there was an index."""
    for (ordinal,) in connection.execute(_OLD, (limit,)).fetchall():
        row = connection.execute(_ID, (ordinal,)).fetchone()
        if row is not None:
            index(connection, row[0])
        connection.execute(_INDEXED, (ordinal,))


def has_unindexed(connection: Connection) -> bool:
    return connection.execute(_OLD, (1,)).fetchone() is not None


def lines(connection: Connection, job_id: str) -> list[Line]:
    """The latest version of the text."""
    edit = edits.edit(connection, job_id)
    if edit is not None:
        return [Line(segment.start, segment.text) for segment in edit.segments]
    return [_line(body) for (body,) in connection.execute(_LINES, (job_id,))]


def find_passage(connection: Connection, job_id: str, words: tuple[str, ...]) -> Passage | None:
    return passage(lines(connection, job_id), words)


def _token(owner: str) -> str:
    """The owner as a word, which is looked up in a column of its own."""
    return f"o{owner.encode().hex()}"


def _bounded(words: set[str]) -> str:
    """Beyond the limit, the last words by the alphabet are not found."""
    text = " ".join(sorted(words))
    if len(text) <= INDEXED_CHARS:
        return text
    return text[:INDEXED_CHARS].rpartition(" ")[0]

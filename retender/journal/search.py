"""Queries of the index of names and texts, and where in a text the words are.

There is one row for each job (`retender.journal.indexing`), with each word of its name and of its
text once. The words are made by `retender.transcript.search`, so that both databases find the same:
they only look words up by their beginnings.
"""

from __future__ import annotations

from typing import Final

import msgspec

from retender.journal import edits
from retender.journal.statements import Connection
from retender.transcript.search import Line, Passage, is_prefix, passage

_LINES = "SELECT body FROM segments WHERE job_id = ? ORDER BY id"

MATCHES: Final = "search MATCH :fts"
"""The condition of a query: SQLite's FTS5 reads `fts`, PostgreSQL `tsquery`."""

_line = msgspec.json.Decoder(Line).decode


def asked(words: tuple[str, ...], owner: str | None) -> dict[str, str]:
    """The values of `MATCHES`: all of these words, in jobs of this owner."""
    fts = " AND ".join(f'"{word}"{" *" if is_prefix(word) else ""}' for word in words)
    whose = "" if owner is None else f"owner : {owner_token(owner)} AND "
    return {
        "fts": f"{whose}words : ({fts})",
        "tsquery": " & ".join(f"'{word}'{':*' if is_prefix(word) else ''}" for word in words),
    }


def lines(connection: Connection, job_id: str) -> list[Line]:
    """The latest version of the text."""
    edit = edits.edit(connection, job_id)
    if edit is not None:
        return [Line(segment.start, segment.text) for segment in edit.segments]
    return [_line(body) for (body,) in connection.execute(_LINES, (job_id,))]


def find_passage(connection: Connection, job_id: str, words: tuple[str, ...]) -> Passage | None:
    return passage(lines(connection, job_id), words)


def owner_token(owner: str) -> str:
    """The owner as a word, which is looked up in a column of its own."""
    return f"o{owner.encode().hex()}"

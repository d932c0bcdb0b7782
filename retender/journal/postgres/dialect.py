"""Translates the journal's statements and values for PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import psycopg

from retender.journal.statements import Rows, Values

_HINT: Final = re.compile(r"\bINDEXED BY \w+")
_SAME: Final = re.compile(r"\bIS (?=[:?])")
_MATCH: Final = re.compile(r"\bsearch MATCH :fts\b")
_PLACE: Final = re.compile(r"\?|:(\w+)")

_NUL: Final = "\0"
_REPLACEMENT: Final = "\U0010ffff"
"""PostgreSQL accepts any character in a text but NUL. A text with NUL is found nowhere, without an
error."""


class Session:
    """A `statements.Connection` over a psycopg connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Values = (), /) -> Rows:
        # Bodies are transferred as bytes, not as hexadecimal digits.
        return self._connection.execute(translated(statement), _plain(values), binary=True)

    def executemany(self, statement: str, rows: Iterable[Values], /) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(translated(statement), map(_plain, rows))


@lru_cache(maxsize=256)
def translated(statement: str) -> bytes:
    text = _SAME.sub("IS NOT DISTINCT FROM ", _HINT.sub("", statement))
    text = _MATCH.sub("search.lexemes @@ CAST(:tsquery AS tsquery)", text)
    return _PLACE.sub(lambda place: f"%({place[1]})s" if place[1] else "%s", text).encode()


def _plain(values: Values) -> Values:
    if isinstance(values, Mapping):
        return {name: _without_nul(value) for name, value in values.items()}
    return [_without_nul(value) for value in values]


def _without_nul(value: Any) -> Any:
    return value.replace(_NUL, _REPLACEMENT) if isinstance(value, str) else value

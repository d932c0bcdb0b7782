"""The database connection as the journal uses it, whatever the database is.

Statements are written for SQLite, with `?` or `:name` for values, in the SQL that PostgreSQL
understands too. `postgres/dialect.py` translates the few differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Rows(Protocol):
    @property
    def rowcount(self) -> int:
        """How many rows the statement has changed."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    def execute(self, statement: str, values: Values = ..., /) -> Rows: ...

    def executemany(self, statement: str, rows: Iterable[Values], /) -> object: ...

"""What the journal asks of a connection, whatever database is at its other end.

The statements are SQLite's, with `?` or `:name` where values go, and keep to what PostgreSQL
understands as well; where it says the same otherwise, `postgres/dialect.py` knows how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Rows(Protocol):
    @property
    def rowcount(self) -> int:
        """How many a change has changed."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    def execute(self, statement: str, values: Values = ..., /) -> Rows: ...

    def executemany(self, statement: str, rows: Iterable[Values], /) -> object: ...

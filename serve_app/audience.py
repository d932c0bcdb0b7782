"""Who watches which job over a WebSocket, in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Audience:
    def __init__(self) -> None:
        self._watching: Counter[str] = Counter()

    @contextmanager
    def watching(self, job_id: str) -> Iterator[None]:
        """One socket more, for as long as the block lasts."""
        self._watching[job_id] += 1
        try:
            yield
        finally:
            self._watching[job_id] -= 1
            if not self._watching[job_id]:
                del self._watching[job_id]

    @property
    def sockets(self) -> int:
        return self._watching.total()

    @property
    def jobs(self) -> list[str]:
        """That are watched by anyone."""
        return list(self._watching)

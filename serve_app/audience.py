"""Who watches which job over a WebSocket, in this process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Audience:
    def __init__(self) -> None:
        self._watching: Counter[str] = Counter()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self.sockets = 0

    @contextmanager
    def watching(self, job_id: str) -> Iterator[None]:
        """One socket more, for as long as the block lasts."""
        self._watching[job_id] += 1
        self.sockets += 1
        self._nobody.clear()
        try:
            yield
        finally:
            self.sockets -= 1
            self._watching[job_id] -= 1
            if not self._watching[job_id]:
                del self._watching[job_id]
            if not self.sockets:
                self._nobody.set()

    @property
    def jobs(self) -> list[str]:
        """That are watched by anyone."""
        return list(self._watching)

    async def gone(self) -> None:
        """Until nobody watches."""
        await self._nobody.wait()

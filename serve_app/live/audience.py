"""Who watches which job over a WebSocket, in this process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from retender.errors import Busy


class Audience:
    def __init__(self) -> None:
        self._watching: Counter[str] = Counter()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self.sockets = 0

    @contextmanager
    def seated(self, most: int) -> Iterator[None]:
        """One socket more, for as long as the block lasts. Raises `Busy` where there are so many
        already: who is just being let in counts as well."""
        if self.sockets >= most:
            raise Busy("too many follow jobs here at the moment")
        self.sockets += 1
        self._nobody.clear()
        try:
            yield
        finally:
            self.sockets -= 1
            if not self.sockets:
                self._nobody.set()

    @contextmanager
    def watching(self, job_id: str) -> Iterator[None]:
        """It follows this job, for as long as the block lasts."""
        self._watching[job_id] += 1
        try:
            yield
        finally:
            self._watching[job_id] -= 1
            if not self._watching[job_id]:
                del self._watching[job_id]

    @property
    def jobs(self) -> list[str]:
        """That are watched by anyone."""
        return list(self._watching)

    async def gone(self) -> None:
        """Until nobody watches."""
        await self._nobody.wait()

"""Counts the open WebSockets of this process, and the jobs that they follow."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from retender.errors import Busy


class OpenSockets:
    def __init__(self) -> None:
        self._followed: Counter[str] = Counter()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self.count = 0

    @contextmanager
    def opened(self, most: int) -> Iterator[None]:
        """Count one socket while the block runs, from before it is known whether its client may
        follow the job. Raises `Busy` if `most` are open already."""
        if self.count >= most:
            raise Busy("too many follow jobs here at the moment")
        self.count += 1
        self._all_closed.clear()
        try:
            yield
        finally:
            self.count -= 1
            if not self.count:
                self._all_closed.set()

    @contextmanager
    def following(self, job_id: str) -> Iterator[None]:
        """Count one follower of this job while the block runs."""
        self._followed[job_id] += 1
        try:
            yield
        finally:
            self._followed[job_id] -= 1
            if not self._followed[job_id]:
                del self._followed[job_id]

    @property
    def jobs(self) -> list[str]:
        """Ids of jobs with an open WebSocket."""
        return list(self._followed)

    async def all_closed(self) -> None:
        await self._all_closed.wait()

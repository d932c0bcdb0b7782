"""How the service is, as it was a moment ago: asked for beside the requests, so that who wants to
know never waits, whatever else goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Clock, Ref
from actors.supervision.supervisor import Supervisor
from retender.errors import RetenderError
from retender.jobs.submission import QueueInfo
from retender.workers.engine_info import EngineInfo

EVERY: Final = 1.0
STALE: Final = 10.0
"""Seconds without an answer after which the service is not taken to be whole."""
SOON: Final = 1.0
"""Seconds that the supervisor has to say why there is none."""


class Pulse:
    def __init__(
        self,
        manager: Ref[JobManager],
        root: Ref[Supervisor],
        clock: Clock,
        stopping: Callable[[], None],
    ) -> None:
        """`stopping` is called when the service is found to stop: on a cluster nobody else tells
        this process before its connections are to end by themselves."""
        self._manager = manager.within(STALE)
        self._root = root.within(SOON)
        self._clock = clock
        self._stopping = stopping
        self._born = clock.monotonic()
        self._at: float | None = None
        self.info: QueueInfo | None = None
        self.engines: dict[str, EngineInfo] = {}
        self.trouble = ""
        """Why there was no answer the last time; empty where there was one."""

    @property
    def age(self) -> float | None:
        """Seconds since the last answer; None: there was none yet."""
        return None if self._at is None else self._clock.monotonic() - self._at

    @property
    def uptime(self) -> float:
        return self._clock.monotonic() - self._born

    async def run(self) -> None:
        """For as long as the process serves."""
        while True:
            await self.feel()
            await asyncio.sleep(EVERY)

    async def feel(self) -> None:
        try:
            self.info = await self._manager.ask(JobManager.info)
            self.engines = await self._manager.ask(JobManager.engines)
        except RetenderError as error:
            self.trouble = await self._why() or error.message
        else:
            self.trouble = ""
            self._at = self._clock.monotonic()
            if not self.info.accepting:
                self._stopping()

    async def _why(self) -> str:
        """What keeps the manager from coming up, where its supervisor knows."""
        try:
            tree = await self._root.ask(Supervisor.describe, SOON / 2)
        except RetenderError:
            return ""
        for child in tree.children:
            if child.name == JOB_MANAGER and child.state != "running" and child.cause:
                return f"{child.name} is {child.state}: {child.cause}"
        return ""

"""Asks the actors every second how they are, in the background.

So `GET /health` answers at once, whatever else the service is doing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from actors.delivery.convex_sync import ConvexSync
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Clock, Ref
from actors.supervision.supervisor import Supervisor
from retender.errors import RetenderError
from retender.jobs.submission import QueueInfo
from retender.outbound.convex_status import ConvexStatus
from retender.workers.engine_info import EngineInfo

CHECK_SECONDS: Final = 1.0
"""Pause between two checks."""
STALE_SECONDS: Final = 10.0
"""Without an answer for so long, the service is reported as degraded."""
CAUSE_SECONDS: Final = 1.0
"""Time that the supervisor has to say why there is no answer."""


class HealthMonitor:
    def __init__(
        self,
        manager: Ref[JobManager],
        root: Ref[Supervisor],
        clock: Clock,
        on_stopping: Callable[[], None],
        *,
        convex: Ref[ConvexSync] | None = None,
    ) -> None:
        """`on_stopping` is called when a check finds that the service stops: on a cluster nothing
        else tells this process before its connections end by themselves."""
        self._manager = manager.within(STALE_SECONDS)
        self._root = root.within(CAUSE_SECONDS)
        self._clock = clock
        self._on_stopping = on_stopping
        self._convex = None if convex is None else convex.within(CAUSE_SECONDS)
        self._started_at = clock.monotonic()
        self._answered_at: float | None = None
        self.info: QueueInfo | None = None
        self.engines: dict[str, EngineInfo] = {}
        self.convex: ConvexStatus | None = None
        """The sync to Convex; None where there is none, or it does not answer."""
        self.trouble = ""
        """Why the last check got no answer; empty if it got one."""

    @property
    def age(self) -> float | None:
        """Seconds since the last answer; None before the first."""
        return None if self._answered_at is None else self._clock.monotonic() - self._answered_at

    @property
    def uptime(self) -> float:
        return self._clock.monotonic() - self._started_at

    async def run(self) -> None:
        """Check for as long as the process serves."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_SECONDS)

    async def check(self) -> None:
        try:
            self.info = await self._manager.ask(JobManager.info)
            self.engines = await self._manager.ask(JobManager.engines)
        except RetenderError as error:
            self.trouble = await self._cause() or error.message
        else:
            self.trouble = ""
            self._answered_at = self._clock.monotonic()
            if not self.info.accepting:
                self._on_stopping()
        if self._convex is not None:
            self.convex = await self._convex_status(self._convex)

    async def _convex_status(self, convex: Ref[ConvexSync]) -> ConvexStatus | None:
        try:
            return await convex.ask(ConvexSync.status)
        except RetenderError:
            return None

    async def _cause(self) -> str:
        """Why the manager does not run, if its supervisor knows; else empty."""
        try:
            tree = await self._root.ask(Supervisor.describe, CAUSE_SECONDS / 2)
        except RetenderError:
            return ""
        for child in tree.children:
            if child.name == JOB_MANAGER and child.state != "running" and child.cause:
                return f"{child.name} is {child.state}: {child.cause}"
        return ""

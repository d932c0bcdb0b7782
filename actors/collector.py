"""Lets go of files that nothing needs any more.

Receives: `look`, from itself.
Sends: `needed` to the JobManager.
A crash: files stay a little longer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from loguru import logger

from actors.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Recipe
from retender.errors import RetenderError
from retender.retention import Needed, Retention


class Blobs(Protocol):
    async def collect(self, keep: Collection[str], older_than: float) -> int: ...
    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int: ...


class Collector:
    def __init__(self, blobs: Recipe, retention: Retention) -> None:
        self._blobs: Blobs = blobs.resolve()(**blobs.options)
        self._retention = retention

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        ctx.after(self._retention.collect_every, Collector.look)

    async def look(self) -> None:
        self._ctx.after(self._retention.collect_every, Collector.look)
        manager = self._ctx.ref(JobManager, JOB_MANAGER).within(60.0)
        # Taken before the question: what is finished after it is younger than the grace.
        grace = self._ctx.clock.now() - self._retention.stray_seconds
        try:
            needed: Needed = await manager.ask(JobManager.needed, self._retention)
        except RetenderError as error:
            logger.debug("nothing is collected now: {}", error.message)
            return
        gone = await self._blobs.collect(needed.audio, grace)
        gone += await self._blobs.collect_job_folders(needed.jobs, grace)
        if gone:
            logger.info("let go of {} files that nothing needs", gone)

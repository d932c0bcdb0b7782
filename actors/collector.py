"""Job: delete files that nothing needs any more.
Receives: `look`, from itself.
Sends: `needed` to the JobManager.
A crash: files stay a little longer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from loguru import logger

from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Recipe
from retender.errors import RetenderError
from retender.jobs.retention import FilesInUse, Retention

ASK_SECONDS = 60.0

DRIFT = 5.0
"""If the wall clock drifts further from the monotonic clock between two runs, it was set."""


class CollectableBlobs(Protocol):
    async def collect(self, keep: Collection[str], older_than: float) -> int: ...
    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int: ...


class Collector:
    def __init__(self, blobs: Recipe, retention: Retention) -> None:
        self._blobs: CollectableBlobs = blobs.resolve()(**blobs.options)
        self._retention = retention

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._offset = self._wall_offset()
        self._steady_since = ctx.clock.monotonic()
        ctx.after(self._retention.collect_every, Collector.look)

    async def look(self) -> None:
        self._ctx.after(self._retention.collect_every, Collector.look)
        # Taken before the question: files finished after it are younger than the grace time.
        grace = self._ctx.clock.now() - self._retention.stray_seconds
        if not self._clock_is_steady():
            return
        manager = self._ctx.ref(JobManager, JOB_MANAGER).within(ASK_SECONDS)
        try:
            needed: FilesInUse = await manager.ask(JobManager.needed, self._retention)
        except RetenderError as error:
            logger.debug("nothing is collected now: {}", error.message)
            return
        gone = await self._blobs.collect(needed.audio, grace)
        gone += await self._blobs.collect_job_folders(needed.jobs, grace)
        if gone:
            logger.info("let go of {} files that nothing needs", gone)

    def _clock_is_steady(self) -> bool:
        """File ages come from the wall clock: for the grace time after the clock was set, or after
        this actor's start, they are not trusted."""
        now, offset = self._ctx.clock.monotonic(), self._wall_offset()
        if abs(offset - self._offset) > DRIFT:
            self._offset, self._steady_since = offset, now
        return now - self._steady_since >= self._retention.stray_seconds

    def _wall_offset(self) -> float:
        return self._ctx.clock.now() - self._ctx.clock.monotonic()

"""Job: delete old jobs, and files that nothing needs any more.
Receives: `look`, from itself.
Sends: `forget_old` and `needed` to the JobManager.
A crash: jobs and files stay a little longer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from loguru import logger

from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Recipe, Ref
from retender.errors import RetenderError, Unreachable
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
        began = self._ctx.clock.monotonic()
        try:
            batches = await self._forget_jobs()
            files = await self._collect_files(grace)
        except RetenderError as error:
            logger.log(
                "DEBUG" if isinstance(error, Unreachable) else "ERROR",
                "old jobs and files cannot be deleted now: {}",
                error.message,
            )
        except OSError as error:
            logger.error("old files cannot be deleted now: {}", error)
        else:
            took = self._ctx.clock.monotonic() - began
            logger.bind(full_batches=batches, files=files, seconds=round(took, 3)).log(
                "INFO" if batches or files else "DEBUG", "deleted what is kept no longer"
            )

    async def _forget_jobs(self) -> int:
        """Returns the number of full batches; the last one, which is not full, is not counted."""
        batches = 0
        while await self._manager().ask(JobManager.forget_old, self._retention):
            batches += 1
        return batches

    async def _collect_files(self, grace: float) -> int:
        needed: FilesInUse = await self._manager().ask(JobManager.needed, self._retention)
        gone = await self._blobs.collect(needed.audio, grace)
        return gone + await self._blobs.collect_job_folders(needed.jobs, grace)

    def _manager(self) -> Ref[JobManager]:
        return self._ctx.ref(JobManager, JOB_MANAGER).within(ASK_SECONDS)

    def _clock_is_steady(self) -> bool:
        """File ages come from the wall clock: for the grace time after the clock was set, or after
        this actor's start, they are not trusted."""
        now, offset = self._ctx.clock.monotonic(), self._wall_offset()
        if abs(offset - self._offset) > DRIFT:
            self._offset, self._steady_since = offset, now
        return now - self._steady_since >= self._retention.stray_seconds

    def _wall_offset(self) -> float:
        return self._ctx.clock.now() - self._ctx.clock.monotonic()

"""Job: delete old jobs, and files that nothing needs any more.
Receives: `look`, from itself; `collections` from the process that serves the metrics.
Sends: `forget_old`, `expire_uploads`, `audio_in_use` and `unfinished` to the JobManager.
A crash: jobs and files stay a little longer.
"""

from __future__ import annotations

import msgspec
from loguru import logger

from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Recipe, Ref
from retender.errors import RetenderError
from retender.jobs.retention import Retention
from retender.storage.blobs import Blobs

ASK_SECONDS = 60.0

DRIFT = 5.0
"""If the wall clock drifts further from the monotonic clock between two runs, it was set."""


class Collections(msgspec.Struct, frozen=True):
    """What became of the collections since this actor started."""

    succeeded: int = 0
    failed: int = 0
    files: int = 0


class Collector:
    def __init__(self, blobs: Recipe, retention: Retention) -> None:
        self._blobs: Blobs = blobs.resolve()(**blobs.options)
        self._retention = retention
        self._collections = Collections()

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._offset = self._wall_offset()
        self._steady_since = ctx.clock.monotonic()
        ctx.after(self._retention.collect_every, Collector.look)

    async def look(self) -> None:
        self._ctx.after(self._retention.collect_every, Collector.look)
        # Taken before all questions: a file that is finished while they are asked is younger than
        # the grace time, and its age is looked at again just before it would be deleted.
        grace = self._ctx.clock.now() - self._retention.stray_seconds
        if not self._clock_is_steady():
            return
        began = self._ctx.clock.monotonic()
        try:
            batches = await self._forget_jobs()
            files = await self._collect_files(grace)
        except RetenderError as error:
            self._failed(error.message)
        except OSError as error:
            self._failed(str(error))
        else:
            done = self._collections
            self._collections = msgspec.structs.replace(
                done, succeeded=done.succeeded + 1, files=done.files + files
            )
            took = self._ctx.clock.monotonic() - began
            logger.bind(full_batches=batches, files=files, seconds=round(took, 3)).log(
                "INFO" if batches or files else "DEBUG", "deleted what is kept no longer"
            )

    async def collections(self) -> Collections:
        return self._collections

    def _failed(self, why: str) -> None:
        """Whatever the reason, it is an error: while it lasts, the disk fills."""
        failed = self._collections.failed + 1
        self._collections = msgspec.structs.replace(self._collections, failed=failed)
        logger.error("old jobs and files cannot be deleted now: {}", why)

    async def _forget_jobs(self) -> int:
        """Returns the number of full batches; the last one, which is not full, is not counted."""
        batches = 0
        while await self._manager().ask(JobManager.forget_old, self._retention):
            batches += 1
        return batches

    async def _collect_files(self, grace: float) -> int:
        while await self._manager().ask(JobManager.expire_uploads, self._retention):
            pass
        deleted = await self._blobs.collect(self._audio_in_use, grace)
        return deleted + await self._blobs.collect_job_folders(self._unfinished, grace)

    async def _audio_in_use(self, asked: tuple[str, ...]) -> frozenset[str]:
        found = await self._manager().ask(JobManager.audio_in_use, asked, self._retention)
        return self._unless_clock_was_set(asked, found)

    async def _unfinished(self, asked: tuple[str, ...]) -> frozenset[str]:
        found = await self._manager().ask(JobManager.unfinished, asked)
        return self._unless_clock_was_set(asked, found)

    def _unless_clock_was_set(
        self, asked: tuple[str, ...], found: frozenset[str]
    ) -> frozenset[str]:
        """If the clock was set back since this run began, new files look old: nothing is deleted,
        and the next run waits."""
        return frozenset(asked) if self._clock_was_set() else found

    def _manager(self) -> Ref[JobManager]:
        return self._ctx.ref(JobManager, JOB_MANAGER).within(ASK_SECONDS)

    def _clock_is_steady(self) -> bool:
        """File ages come from the wall clock: for the grace time after the clock was set, or after
        this actor's start, they are not trusted."""
        now = self._ctx.clock.monotonic()
        if self._clock_was_set():
            self._offset, self._steady_since = self._wall_offset(), now
        return now - self._steady_since >= self._retention.stray_seconds

    def _clock_was_set(self) -> bool:
        return abs(self._wall_offset() - self._offset) > DRIFT

    def _wall_offset(self) -> float:
        return self._ctx.clock.now() - self._ctx.clock.monotonic()

"""Counts and measures what becomes of jobs and models.

Receives: pages of the log and what the workers say of themselves from the JobManager, which it
    asks for both; `figures` from whoever shows them.
Sends: `log` and `workers` to the JobManager.
A crash: counts begin at nothing again, as those who read them expect.
"""

from __future__ import annotations

from loguru import logger

from actors.limits import LOG_POLL_SECONDS
from actors.manager.job_manager import JobManager
from actors.manager.worker_registry import WorkerInfo
from actors.metrics.figures import Figures, JobMeters, ModelMeters
from actors.names import JOB_MANAGER
from actors.runtime.api import Context
from retender.errors import RetenderError
from retender.jobs.submission import LogPage

TRY_AGAIN = 0.5
LOOK_EVERY = 2.0


class Meter:
    def __init__(self) -> None:
        self._jobs = JobMeters()
        self._models = ModelMeters()
        self._position: int | None = None

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        ctx.after(0, Meter.read_on)
        ctx.after(0, Meter.look)

    async def read_on(self) -> None:
        """Ask for the next page of the log; it comes as a message."""
        manager = self._manager.within(LOG_POLL_SECONDS + 5.0)
        page = manager.ask(JobManager.log, self._position, LOG_POLL_SECONDS)
        self._ctx.pipe(page, Meter.take_in, Meter.try_again)

    async def take_in(self, page: LogPage) -> None:
        for event in page.events:
            self._jobs.take_in(event)
        self._position = page.position
        await self.read_on()

    async def try_again(self, error: RetenderError) -> None:
        logger.debug("the log cannot be read now: {}", error.message)
        self._ctx.after(TRY_AGAIN, Meter.read_on)

    async def look(self) -> None:
        """At the workers, every now and then."""
        self._ctx.after(LOOK_EVERY, Meter.look)
        self._ctx.pipe(self._manager.ask(JobManager.workers), Meter.see, Meter.overlook)

    async def see(self, workers: tuple[WorkerInfo, ...]) -> None:
        now = self._ctx.clock.monotonic()
        self._models.take_in((each.worker, now - each.age, each.report) for each in workers)

    async def overlook(self, error: RetenderError) -> None:
        logger.debug("the workers are not known: {}", error.message)

    async def figures(self) -> Figures:
        return self._models.add_to(self._jobs.figures())

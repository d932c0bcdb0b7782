"""Job: count and measure jobs and models, for the metrics.
Receives: pages of the log and reports of the workers from the JobManager; `figures` from the
    process that serves the metrics.
Sends: `log` and `workers` to the JobManager.
A crash: counts start at zero again, as Prometheus expects of a restart.
"""

from __future__ import annotations

from loguru import logger

from actors.manager.job_manager import JobManager
from actors.manager.worker_registry import WorkerInfo
from actors.metrics.figures import Figures, JobMeters, ModelMeters
from actors.names import JOB_MANAGER
from actors.page_reader import PageReader
from actors.runtime.api import Context
from retender.errors import RetenderError
from retender.jobs.submission import LogPage

WORKERS_EVERY = 2.0
"""Seconds between two questions about the workers."""


class Meter:
    def __init__(self) -> None:
        self._jobs = JobMeters()
        self._models = ModelMeters()

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        self._log = PageReader(ctx, JobManager.log, Meter.take_page, Meter.log_unavailable)
        ctx.after(0, Meter.ask_workers)

    async def take_page(self, page: LogPage) -> None:
        for event in page.events:
            self._jobs.take_in(event)
        self._log.read_on(page)

    async def log_unavailable(self, error: RetenderError) -> None:
        self._log.retry(error)

    async def ask_workers(self) -> None:
        self._ctx.after(WORKERS_EVERY, Meter.ask_workers)
        workers = self._manager.ask(JobManager.workers)
        self._ctx.pipe(workers, Meter.take_workers, Meter.workers_unavailable)

    async def take_workers(self, workers: tuple[WorkerInfo, ...]) -> None:
        now = self._ctx.clock.monotonic()
        self._models.take_in((each.worker, now - each.age, each.report) for each in workers)

    async def workers_unavailable(self, error: RetenderError) -> None:
        logger.debug("the workers are not known: {}", error.message)

    async def figures(self) -> Figures:
        return self._models.add_to(self._jobs.figures())

"""Reading the log of all jobs' events: the part that the Broadcaster and the Meter share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from loguru import logger

from actors.limits import LOG_POLL_SECONDS
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context
from retender.errors import RetenderError
from retender.jobs.events import Event
from retender.jobs.submission import LogPage


class LogReader(ABC):
    """Base of an actor that reads every event once and in order, from its own start on.

    It long-polls the JobManager; each page arrives as a message, so pages and the actor's other
    messages never overlap. A lost page is asked for again by its position.
    """

    RETRY_SECONDS: ClassVar[float] = 0.2

    def __init__(self) -> None:
        self.position: int | None = None
        """Position of the last event read; None until the JobManager has answered once."""

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        ctx.after(0, type(self).read_log)

    @abstractmethod
    async def take_events(self, events: tuple[Event, ...]) -> None:
        """The next events. `position` is still None when this is called for the first time."""

    async def read_log(self) -> None:
        manager = self._manager.within(LOG_POLL_SECONDS + 5.0)
        page = manager.ask(JobManager.log, self.position, LOG_POLL_SECONDS)
        self._ctx.pipe(page, type(self).take_page, type(self).log_unavailable)

    async def take_page(self, page: LogPage) -> None:
        await self.take_events(page.events)
        self.position = page.position
        await self.read_log()

    async def log_unavailable(self, error: RetenderError) -> None:
        logger.debug("the log cannot be read now: {}", error.message)
        self._ctx.after(self.RETRY_SECONDS, type(self).read_log)

"""Reading the log of all jobs' events: the part that the Broadcaster and the Meter share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from loguru import logger

from actors.limits import LOG_POLL_SECONDS
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context
from retender.errors import RetenderError
from retender.jobs.submission import LogPage

RETRY_SECONDS: Final = 0.2


class LogReader:
    """Reads every event once and in order, from the actor's own start on.

    It long-polls the JobManager. Each page, or the error instead of one, arrives as a message of
    the actor, which answers it with `read_on` or `retry`. So pages never overlap with the actor's
    other messages, and a page that got lost is asked for again by its position.
    """

    def __init__(
        self,
        ctx: Context,
        take_page: Callable[[Any, LogPage], Awaitable[None]],
        log_unavailable: Callable[[Any, RetenderError], Awaitable[None]],
    ) -> None:
        """The two handlers are methods of the actor's class."""
        self.position: int | None = None
        """Position of the last event read; None until the JobManager has answered once."""
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER).within(LOG_POLL_SECONDS + 5.0)
        self._take_page = take_page
        self._log_unavailable = log_unavailable
        self._request()

    def read_on(self, page: LogPage) -> None:
        self.position = page.position
        self._request()

    def retry(self, error: RetenderError) -> None:
        logger.debug("the log cannot be read now: {}", error.message)
        self._request(RETRY_SECONDS)

    def _request(self, pause: float = 0.0) -> None:
        self._ctx.pipe(self._next_page(pause), self._take_page, self._log_unavailable)

    async def _next_page(self, pause: float) -> LogPage:
        if pause:
            await asyncio.sleep(pause)
        return await self._manager.ask(JobManager.log, self.position, LOG_POLL_SECONDS)

"""Reading what the JobManager hands out in pages: the part that its readers share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from loguru import logger

from actors.limits import LOG_POLL_SECONDS
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Later
from retender.errors import RetenderError

RETRY_SECONDS: Final = 0.2


class Paged(Protocol):
    @property
    def position(self) -> int: ...


P = TypeVar("P", bound=Paged)
Question = Callable[[JobManager, int | None, float], Awaitable[Later[P]]]


class PageReader(Generic[P]):
    """Reads everything once and in order, from the actor's own start on.

    It long-polls the JobManager. Each page, or the error instead of one, arrives as a message of
    the actor, which answers it with `read_on` or `retry`. So pages never overlap with the actor's
    other messages, and a page that got lost is asked for again by its position.
    """

    def __init__(
        self,
        ctx: Context,
        question: Question[P],
        take_page: Callable[[Any, P], Awaitable[None]],
        unavailable: Callable[[Any, RetenderError], Awaitable[None]],
    ) -> None:
        """The two handlers are methods of the actor's class."""
        self.position: int | None = None
        """Position of what was read last; None until the JobManager has answered once."""
        self._ctx = ctx
        self._question = question
        self._manager = ctx.ref(JobManager, JOB_MANAGER).within(LOG_POLL_SECONDS + 5.0)
        self._take_page = take_page
        self._unavailable = unavailable
        self._request()

    def read_on(self, page: P) -> None:
        self.position = page.position
        self._request()

    def retry(self, error: RetenderError) -> None:
        logger.debug("nothing can be read from the manager now: {}", error.message)
        self._request(RETRY_SECONDS)

    def _request(self, pause: float = 0.0) -> None:
        self._ctx.pipe(self._next_page(pause), self._take_page, self._unavailable)

    async def _next_page(self, pause: float) -> P:
        if pause:
            await asyncio.sleep(pause)
        return await self._manager.ask(self._question, self.position, LOG_POLL_SECONDS)

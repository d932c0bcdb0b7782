"""Work that goes on beside the requests: each under a name, so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from loguru import logger


class BackgroundTasks:
    def __init__(self, at_once: int) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """As soon as there is room. Nothing, where work of this name is under way or waits."""
        if name not in self._tasks:
            task = asyncio.create_task(self._do(work))
            self._tasks[name] = task
            task.add_done_callback(lambda _: self._tasks.pop(name))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._room:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - nobody else would hear of it
                logger.opt(exception=error).error("a bug in the service")

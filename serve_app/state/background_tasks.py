"""Runs work of the process in the background, beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from loguru import logger

RESTART_SECONDS: Final = 1.0
"""Pause before broken work is started again: a bug that repeats must not keep a core busy."""


async def restart_on_bug(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run the work until it returns; start it again after a bug.

    This work is not an actor, so no supervisor restarts it: without this, one bug would end it for
    good, and clients that follow a job, for example, would get no more updates.
    """
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - logged, and the work is started again
            logger.opt(exception=error).error("a bug in {}; it is begun anew", what)
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


class BackgroundTasks:
    """Named tasks, of which a limited number runs at a time."""

    def __init__(self, at_once: int) -> None:
        self._capacity = asyncio.Semaphore(at_once)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work as soon as there is capacity. Does nothing if work with this name already
        runs or waits."""
        if name not in self._tasks:
            task = asyncio.create_task(self._run(work))
            self._tasks[name] = task
            task.add_done_callback(lambda _: self._tasks.pop(name))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._capacity:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - nobody waits for this task
                logger.opt(exception=error).error("a bug in the service")

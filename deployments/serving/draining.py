"""Draining: finish the pieces under way before a stop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from loguru import logger

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from actors.runtime.api import Ref
from retender.errors import RetenderError

STOP_SECONDS: Final = 10.0
"""Seconds that the tree may take to stop once no piece is under way."""


DISCONNECT_SECONDS: Final = 5.0
"""Seconds that the processes with followers may take to notice the stop and close their sockets."""

_POLL_SECONDS: Final = 0.1


async def drain(manager: Ref[JobManager], grace: float, hurry: asyncio.Event | None = None) -> None:
    """Close the intake, then wait for the pieces under way: at most the grace time, or until
    `hurry`. What is not done by then is released, and waits for the next start."""
    drained = asyncio.create_task(manager.within(grace + STOP_SECONDS).ask(JobManager.drain, grace))
    hurried = asyncio.create_task((hurry or asyncio.Event()).wait())
    try:
        await asyncio.wait({drained, hurried}, return_when=asyncio.FIRST_COMPLETED)
        if not (drained.done() and drained.result()):
            await manager.ask(JobManager.release)
    except RetenderError as error:
        logger.warning("stopping without the manager's answer: {}", error.message)
    finally:
        for task in (drained, hurried):
            task.cancel()
        await asyncio.gather(drained, hurried, return_exceptions=True)


async def followers_gone(broadcaster: Ref[Broadcaster]) -> None:
    """Return when no client follows a job any more, or after `DISCONNECT_SECONDS`."""
    with suppress(TimeoutError, RetenderError):
        async with asyncio.timeout(DISCONNECT_SECONDS):
            while (await broadcaster.ask(Broadcaster.follower_counts)).jobs:  # noqa: ASYNC110 - another process: no signal can be had
                await asyncio.sleep(_POLL_SECONDS)

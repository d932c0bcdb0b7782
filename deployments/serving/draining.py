"""Bringing the work in hand to its end before a stop."""

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
"""So long the tree may take to come down once nothing is in hand any more."""


GOODBYE_SECONDS: Final = 5.0
"""And so long the processes that serve clients may take to notice, and to send these away."""

_LOOK_AGAIN: Final = 0.1


async def drain(manager: Ref[JobManager], grace: float, hurry: asyncio.Event | None = None) -> None:
    """Intake first; then what is in hand, within the grace time, or until there is a hurry. What
    is not done by then is given back, and waits for the next start."""
    drained = asyncio.create_task(manager.within(grace + STOP_SECONDS).ask(JobManager.drain, grace))
    hurried = asyncio.create_task((hurry or asyncio.Event()).wait())
    try:
        await asyncio.wait({drained, hurried}, return_when=asyncio.FIRST_COMPLETED)
        if not (drained.done() and drained.result()):
            await manager.ask(JobManager.release)
    except RetenderError as error:
        logger.warning("stopping without the manager's word: {}", error.message)
    finally:
        for task in (drained, hurried):
            task.cancel()
        await asyncio.gather(drained, hurried, return_exceptions=True)


async def sent_away(broadcaster: Ref[Broadcaster]) -> None:
    """Returns when nobody follows a job any more, or does so for longer than it should."""
    with suppress(TimeoutError, RetenderError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            while (await broadcaster.ask(Broadcaster.readership)).jobs:  # noqa: ASYNC110 - as said
                await asyncio.sleep(_LOOK_AGAIN)

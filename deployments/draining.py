"""Bringing the work in hand to its end before a stop."""

from __future__ import annotations

import asyncio
from typing import Final

from loguru import logger

from actors.job_manager import JobManager
from actors.runtime.api import Ref
from retender.errors import RetenderError

STOP_SECONDS: Final = 10.0
"""So long the tree may take to come down once nothing is in hand any more."""


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

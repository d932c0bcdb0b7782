"""What a process does beside answering requests, for as long as it serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from loguru import logger

AGAIN_SECONDS: Final = 1.0
"""Before what has broken is begun anew: a bug that comes every time must not keep a core busy."""


async def kept_up(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Until it has nothing more to do. No supervisor sees to it, as to actors: a bug would end it
    for good, and nobody who follows a job, say, would ever hear of it again."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - told in the log, and begun anew
            logger.opt(exception=error).error("a bug in {}; it is begun anew", what)
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return

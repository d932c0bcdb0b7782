"""What each process that works with recordings does beside its work."""

from __future__ import annotations

import asyncio

from loguru import logger

from retender.errors import RetenderError
from retender.storage.blobs.api import Blobs
from retender.storage.limits import CACHE_CLEANUP_SECONDS


async def clean_cache_regularly(blobs: Blobs) -> None:
    """For as long as the process works: what was collected on one machine goes on all."""
    while True:
        await asyncio.sleep(CACHE_CLEANUP_SECONDS)
        try:
            await blobs.clean_cache()
        except (RetenderError, OSError) as error:
            logger.debug("copies are not looked after now: {}", error)

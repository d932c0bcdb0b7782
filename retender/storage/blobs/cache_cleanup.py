"""Cleans the cache of recordings regularly, in each process that works with recordings."""

from __future__ import annotations

import asyncio

from loguru import logger

from retender.errors import RetenderError
from retender.storage.blobs.api import Blobs
from retender.storage.limits import CACHE_CLEANUP_SECONDS


async def clean_cache_regularly(blobs: Blobs) -> None:
    """Runs until it is cancelled."""
    while True:
        await asyncio.sleep(CACHE_CLEANUP_SECONDS)
        try:
            await blobs.clean_cache()
        except (RetenderError, OSError) as error:
            logger.debug("the cache of recordings cannot be cleaned now: {}", error)

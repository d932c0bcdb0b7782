"""Work that must reach its end even when its caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


async def finish(work: Coroutine[Any, Any, R]) -> R:
    """Wait for the end of `work`. A caller that is cancelled meanwhile, however often, still waits
    for it, and its cancellation is raised after that. So nothing is closed that `work` still uses:
    a thread, for one, cannot be stopped."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()

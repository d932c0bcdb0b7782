"""Asking an actor that may just be starting again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from retender.errors import Unreachable
from serve_app.limits import ASK_RETRIES, ASK_RETRY_SECONDS

T = TypeVar("T")


async def answered(ask: Callable[[], Awaitable[T]]) -> T:
    """For questions that change nothing: an answer that got lost is asked for again. Raises
    `Unreachable` when that was of no use."""
    for _ in range(ASK_RETRIES):
        try:
            return await ask()
        except Unreachable:
            await asyncio.sleep(ASK_RETRY_SECONDS)
    return await ask()

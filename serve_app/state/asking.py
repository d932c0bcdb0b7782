"""Asks an actor again when its answer is lost, for example because the actor restarts.

Only for questions that may be asked twice without harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeVar

from retender.errors import Unreachable
from serve_app.limits import ASK_RETRIES, ASK_RETRY_SECONDS, SUBMIT_RETRIES, SUBMIT_RETRY_SECONDS

T = TypeVar("T")


class AskPolicy(NamedTuple):
    retries: int
    pause: float
    """Seconds before the first retry."""
    growth: float = 1.0
    """Each pause is so many times as long as the one before."""


READING: Final = AskPolicy(ASK_RETRIES, ASK_RETRY_SECONDS)
"""For questions that change nothing."""
SUBMITTING: Final = AskPolicy(SUBMIT_RETRIES, SUBMIT_RETRY_SECONDS, growth=2.0)
"""For changes that name their job, so that a repeated one is the same change."""


async def ask_again(ask: Callable[[], Awaitable[T]], policy: AskPolicy = READING) -> T:
    """The actor's answer. Raises `Unreachable` when no retry has got one."""
    pause = policy.pause
    for _ in range(policy.retries):
        try:
            return await ask()
        except Unreachable:
            await asyncio.sleep(pause)
            pause *= policy.growth
    return await ask()

"""Threads for native computing, one for each lane of an engine."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Lanes:
    def __init__(self, count: int, name: str = "lane") -> None:
        self._threads = ThreadPoolExecutor(count, name)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """One call in a lane. Nothing can stop it once it has begun: who is called off meanwhile
        leaves when it has ended, so that whoever waits for that knows that nothing is computed
        any more. Called off once more, it leaves at once."""
        begun = self._threads.submit(functools.partial(work, *args, **kwargs))
        ended = asyncio.wrap_future(begun)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            if not begun.cancel():
                await asyncio.wait((ended,))
            raise
        finally:
            if ended.done() and not ended.cancelled():
                ended.exception()

    def close(self) -> None:
        """What has not begun never will."""
        self._threads.shutdown(wait=False, cancel_futures=True)

"""The threads of an engine for native computing: one for each lane."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Lanes:
    def __init__(self, count: int, name: str = "lane") -> None:
        self._threads = ThreadPoolExecutor(count, name)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one call in a lane. A call that has begun cannot be stopped: a caller that is
        cancelled returns only when the call has ended, so that nothing is computed after that. If
        the caller is cancelled a second time, it returns at once."""
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

    async def run_all(self, calls: Sequence[Callable[[], None]]) -> None:
        """Run them side by side, in the lanes that are free. It returns when none runs any more; of
        several errors the first is raised."""
        runs = (self.run(call) for call in calls)
        for outcome in await asyncio.gather(*runs, return_exceptions=True):
            if outcome is not None:
                raise outcome

    def close(self) -> None:
        """Calls that have not begun are cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)

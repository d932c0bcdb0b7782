"""A scripted engine that goes into a native call and does not come back, as real ones may."""

from __future__ import annotations

import ctypes
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from retender.engines.api import EngineMessage, Progress
from retender.engines.lanes import Lanes
from retender.workers.orders import Order
from tests.support.engines.scripted import ScriptedEngine

FOR_EVER = 10_000


class NativeEngine(ScriptedEngine):
    """The first chunk of a recording blocks its thread, at its first attempt in this folder's
    life; with `holds_all` it lets no other thread of its process run meanwhile."""

    def __init__(self, library: str, holds_all: bool, lanes: int = 1) -> None:
        super().__init__(library, lanes)
        self._threads = Lanes(lanes)
        self._sleep = (ctypes.PyDLL if holds_all else ctypes.CDLL)(None).sleep
        self._stuck_once = Path(str(library)) / "stuck"

    async def close(self) -> None:
        self._threads.close()

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        (order,) = orders
        if order.index == 1 and not self._stuck_once.exists():
            self._stuck_once.touch()
            yield Progress(order.token, 1.0)
            await self._threads.run(self._sleep, FOR_EVER)
        async with aclosing(super().work(orders)) as news:
            async for item in news:
                yield item

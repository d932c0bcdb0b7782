"""A worker whose every move is the test's: for what must happen at one moment and no other."""

from __future__ import annotations

import asyncio

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from retender.errors import CorruptMedia, Unreachable
from retender.workers.orders import Exchange, Failed, Order, Orders, Outcome, Prepared, Transcribed
from tests.support.engines.scripted import Script
from tests.support.http.http_service import Site


class Hand:
    def __init__(self, here: Site, script: Script) -> None:
        self._services = here.services
        self._script = script
        self._order: Order | None = None
        self._instance = 1

    async def take(self) -> Order:
        (self._order,) = (await self._exchange(1)).orders
        return self._order

    async def prepare(self) -> Order:
        """What comes before the chunks; the first of those is then in hand."""
        await self.take()
        await self.finish()
        return await self.take()

    async def begin_anew(self) -> None:
        """As a worker does whose manager may have died: leases of its old life are void."""
        self._order = None
        self._instance += 1
        while True:
            try:
                await self._exchange(0)
            except Unreachable:
                await asyncio.sleep(0.05)
            else:
                return

    def progress(self, seconds: float) -> None:
        assert self._order is not None
        self._services.broadcaster.tell(
            Broadcaster.progress, self._order.job_id, self._order.index, seconds
        )

    async def finish(self) -> None:
        assert self._order is not None
        await self._exchange(0, self._outcome(self._order))

    async def fail(self) -> None:
        assert self._order is not None
        failure = CorruptMedia("moov atom not found").failure()
        await self._exchange(0, Failed(self._order.token, failure))

    async def finish_all(self) -> None:
        """Whatever is left of the job."""
        while True:
            if self._order is not None:
                await self.finish()
            found = (await self._exchange(1)).orders
            if not found:
                return
            (self._order,) = found

    def _outcome(self, order: Order) -> Outcome:
        if order.chunk is None:
            return Prepared(order.token, self._script.plan(), "scripted", "script")
        result = self._script.result(order.index, order.chunk)
        return Transcribed(order.token, result, "scripted", "script")

    async def _exchange(self, want: int, *outcomes: Outcome) -> Orders:
        asked = Exchange(worker="hand", instance=str(self._instance), outcomes=outcomes, want=want)
        return await self._services.manager.ask(JobManager.exchange, asked)

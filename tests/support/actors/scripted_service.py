"""A service whose workers are real, and whose engine is scripted and watched."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.settings import ManagerSettings
from actors.names import BROADCASTER, TRANSCRIBER_POOL
from actors.runtime.api import Child, Recipe, Spawn
from actors.supervision.restarts import Intensity
from actors.supervision.supervisor import Supervisor
from actors.workers.transcriber import Transcriber, TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings, TranscriberPool
from retender.engines.api import EngineMessage, Progress
from retender.jobs.retry import RetryPolicy
from retender.jobs.states import Status
from retender.scheduling.pool_size import Bounds
from retender.workers.orders import Order
from tests.support.actors.manager_service import Service
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import ScriptedEngine

FORGIVING = Intensity(5, 60.0)
SETTINGS = ManagerSettings(lease_seconds=8.0, retry=RetryPolicy(attempts=3, first=0.5))


class Watched(ScriptedEngine):
    """Tells what it is given, how much of it at a time, and when it is called off."""

    def __init__(self, service: Works, lanes: int = 1, batch: int = 1) -> None:
        super().__init__(service.scripts, lanes, batch)
        self._service = service

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        self._service.batches.append(orders)
        self._service.at_once += 1
        self._service.most_at_once = max(self._service.most_at_once, self._service.at_once)
        unfinished = len(orders)
        try:
            async for news in super().work(orders):
                unfinished -= not isinstance(news, Progress)
                yield news
        finally:
            self._service.at_once -= 1
            self._service.called_off += unfinished > 0


class Works(Service):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, SETTINGS)
        self.batches: list[tuple[Order, ...]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.called_off = 0

    async def open(self) -> None:
        await self.start()
        await self.spawn(Spawn(BROADCASTER, Recipe.of(Broadcaster)))

    def engine(self, lanes: int = 1, batch: int = 1) -> Recipe:
        return Recipe.of(Watched, service=self, lanes=lanes, batch=batch)

    async def transcriber(self, lanes: int = 1, batch: int = 1, silence: float = 5.0) -> Child:
        recipe = Recipe.of(
            Transcriber,
            engine=self.engine(lanes, batch),
            settings=TranscriberSettings(silence=silence),
        )
        return await self.spawn(Spawn("transcriber-1", recipe))

    async def pool(
        self, bounds: Bounds, intensity: Intensity = FORGIVING, cool_down: float = 60.0
    ) -> Child:
        settings = PoolSettings(
            engine=self.engine(),
            host="local",
            bounds=bounds,
            transcriber=TranscriberSettings(silence=5.0),
            intensity=intensity,
            cool_down=cool_down,
        )
        recipe = Recipe.of(TranscriberPool, settings=settings)
        return await self.spawn(Spawn(TRANSCRIBER_POOL, recipe))

    async def workers(self) -> dict[str, str]:
        tree = await self.runtime.ref(Supervisor, TRANSCRIBER_POOL).ask(Supervisor.describe)
        return {child.name: child.state for child in tree.children}

    async def ends(self, job_id: str, within: float = 300.0) -> Status:
        for _ in range(int(within)):
            job = await self.job(job_id)
            if job.finished:
                return job.status
            await self.wait(1.0)
        return (await self.job(job_id)).status

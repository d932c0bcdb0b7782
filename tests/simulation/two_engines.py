"""A world with two engines: one here, and one far away that has no room now and then, or takes
nothing at all, and goes missing between two lives of the service."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import Random
from typing import ClassVar

from msgspec.structs import replace

from actors.names import GROQ_POOL, GROQ_WORKERS
from actors.runtime.api import Recipe
from actors.supervision.restarts import Backoff
from actors.tree import TreeSettings
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from retender.engines.api import EngineMessage, Progress
from retender.errors import EngineUnavailable
from retender.jobs.job import Options
from retender.scheduling.engine_choice import AUTO, GROQ, LOCAL
from retender.scheduling.pool_size import Bounds
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment
from retender.workers.orders import Declined, Failed, Order, Prepared, Transcribed
from tests.simulation.faults import Fate
from tests.simulation.surroundings import Blobs
from tests.simulation.world import World
from tests.support.engines.scripted import Script, ScriptedEngine

BOTH = (LOCAL, GROQ)


class RationedEngine(ScriptedEngine):
    """Takes some uploads whole. For as long as faults last it often has no room."""

    name = GROQ

    def __init__(self, library: Blobs, fate: Fate, random: Random) -> None:
        super().__init__(library, lanes=2)
        self._fate = fate
        self._random = random

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        for order in orders:
            script = self._read(order.audio)
            if order.chunk is not None and (no := self._no(order)) is not None:
                yield no
            elif _whole(order, script):
                await asyncio.sleep(0.3)
                yield Progress(order.token, 0.0)
                yield self._as_it_came(order, script)
            else:
                async with aclosing(super().work((order,))) as news:
                    async for item in news:
                        yield item

    def _no(self, order: Order) -> EngineMessage | None:
        chance = self._random.random() if self._fate.on else 1.0
        if chance < 0.3:
            self._fate.dealt["no room"] += 1
            return Declined(order.token, self._random.choice((0.5, 5.0, 40.0)))
        if chance < 0.4:
            self._fate.dealt["not available"] += 1
            return Failed(order.token, EngineUnavailable("not just now").failure())
        return None

    def _as_it_came(self, order: Order, script: Script) -> EngineMessage:
        if order.chunk is None:
            chunk = Chunk(0, _samples(script))
            return Prepared(order.token, Plan(script.seconds, (chunk,), whole=True), self.name)
        words = Segment(0, 0.0, script.seconds, script.text)
        return Transcribed(order.token, ChunkResult((words,) if script.text else ()), self.name)


def _whole(order: Order, script: Script) -> bool:
    """Half of all recordings, by what they are; their single chunk is known by its length."""
    if order.chunk is None:
        return bool(script.passages) and int(order.audio.sha256, 16) % 2 == 0
    return order.chunk == Chunk(0, _samples(script))


def _samples(script: Script) -> int:
    """Rather one more: what is to be sent whole has nothing that is done without it."""
    return math.ceil(script.seconds * SAMPLE_RATE) + 1


class TwoEngineWorld(World):
    VICTIMS: ClassVar[tuple[str, ...]] = (*World.VICTIMS, GROQ_POOL, "groq-1", GROQ_POOL)

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._draw = Random(f"engines {seed}")
        self._fickle = self._draw.random() < 0.5
        """Engines come and go with the process; then nobody asks for one by name."""

    def _options(self, job_id: str) -> Options:
        draw = Random(f"{job_id} {self._draw.random()}")
        engine = AUTO if self._fickle else draw.choice((AUTO, AUTO, GROQ, LOCAL))
        return Options(engine=engine)

    def _settings(self) -> TreeSettings:
        usual = super()._settings()
        far = PoolSettings(
            engine=Recipe.of(
                RationedEngine,
                library=self.blobs,
                fate=self.fate,
                random=Random(self._draw.random()),
            ),
            serves=GROQ,
            name=GROQ_POOL,
            workers=GROQ_WORKERS,
            host="local",
            bounds=Bounds(least=1, most=1),
            transcriber=TranscriberSettings(silence=6.0),
            backoff=Backoff(cap=4.0),
            cool_down=15.0,
            look_every=2.0,
        )
        engines = self._draw.choice((BOTH, (LOCAL,), (GROQ,))) if self._fickle else BOTH
        pools = [pool for pool in (*usual.pools, far) if pool.serves in engines]
        manager = replace(
            usual.manager, engines=engines, spill_after=self._draw.choice((None, 0.5, 5.0))
        )
        return replace(usual, pools=tuple(pools), manager=manager)

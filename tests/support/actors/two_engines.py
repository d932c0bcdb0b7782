"""A service with two engines in virtual time: one recognises here, the other is rationed, takes
uploads as they come, and is as far away as Groq."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import GROQ_POOL, GROQ_WORKERS, JOB_MANAGER
from actors.runtime.api import Child, Recipe
from actors.runtime.local import LocalRuntime
from actors.transcripts import whole_transcript
from actors.tree import TreeSettings, root
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from retender.engines.api import EngineMessage, Progress
from retender.errors import EngineUnavailable
from retender.jobs.events import Event
from retender.jobs.job import Job, Options
from retender.jobs.retry import RetryPolicy
from retender.jobs.submission import Receipt, Submission
from retender.scheduling.engine_choice import GROQ, LOCAL
from retender.scheduling.estimates import BYTES_PER_SECOND
from retender.scheduling.pool_size import Bounds
from retender.storage.audio import Audio
from retender.transcript.chunks import Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment
from retender.workers.engine_info import EngineInfo
from retender.workers.orders import Declined, Failed, Order, Prepared, Transcribed
from retender.workers.reports import WorkerReport
from tests.integration.supervision.test_tree import NoBlobs
from tests.support.actors.manager_service import MemoryDisk
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Script, ScriptedEngine

BOTH = (LOCAL, GROQ)


class Far:
    """What the far engine's world is like, and what came to it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.open_at = 0.0
        """There is no room before then."""
        self.room = 10_000.0
        """Seconds of audio after which there is none, either."""
        self.refusal = ""
        """Why it takes nothing at all."""
        self.whole = True
        """It takes uploads as they come; else it has them cut."""
        self.takes = 0.5
        self.heard: list[tuple[str, int]] = []
        self.declined = 0


class FarEngine(ScriptedEngine):
    name = GROQ

    def __init__(self, library: Mapping[str, Script], far: Far, lanes: int = 2) -> None:
        super().__init__(library, lanes)
        self._far = far

    async def report(self) -> WorkerReport:
        return WorkerReport(engine=self.name, trouble=self._far.refusal)

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        for order in orders:
            await asyncio.sleep(self._far.takes)
            yield Progress(order.token, 0.0)
            if order.chunk is not None:
                yield self._heard(order, order.chunk)
            elif self._far.whole:
                seconds = self._read(order.audio).seconds
                chunk = Chunk(0, round(seconds * 16_000))
                plan = Plan(seconds, (chunk,), whole=True)
                yield Prepared(order.token, plan, self.name, "far")
            else:
                async with aclosing(super().work((order,))) as news:
                    async for item in news:
                        yield item

    def _heard(self, order: Order, chunk: Chunk) -> EngineMessage:
        far = self._far
        if far.refusal:
            failure = EngineUnavailable(far.refusal).failure()
            return Failed(order.token, failure)
        now = far.clock.monotonic()
        if far.open_at > now or far.room < chunk.seconds:
            far.declined += 1
            wait = far.open_at - now if far.open_at > now else 3600.0
            return Declined(order.token, wait)
        far.room -= chunk.seconds
        far.heard.append((order.job_id, order.index))
        script = self._read(order.audio)
        if len(script.passages) > 1 and chunk.seconds >= script.seconds:
            words = Segment(0, 0.0, chunk.seconds, script.text, language="en")
            return Transcribed(order.token, ChunkResult((words,), "en", 0.9), self.name, "far")
        return Transcribed(order.token, script.result(order.index, chunk), self.name, "far")


class NearEngine(ScriptedEngine):
    """Remembers what it heard."""

    def __init__(self, library: Mapping[str, Script], heard: list[tuple[str, int]]) -> None:
        super().__init__(library)
        self._heard = heard

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        async with aclosing(super().work(orders)) as news:
            async for item in news:
                if isinstance(item, Transcribed):
                    self._heard += [(order.job_id, order.index) for order in orders]
                yield item


class TwoEngines:
    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.far = Far(clock)
        self.near: list[tuple[str, int]] = []
        self.runtime = LocalRuntime(clock, seed=1)
        self.manager = self.runtime.ref(JobManager, JOB_MANAGER)
        self.disk = MemoryDisk()
        self.scripts: dict[str, Script] = {}
        self._root: Child | None = None

    async def open(
        self, engines: tuple[str, ...] = BOTH, *, spill_after: float | None = None
    ) -> None:
        settings = TreeSettings(
            journal=self.disk,
            blobs=Recipe.of(NoBlobs),
            pools=tuple(pool for pool in self._pools() if pool.serves in engines),
            manager=ManagerSettings(
                engines=engines,
                spill_after=spill_after,
                retry=RetryPolicy(attempts=2, first=0.5),
                default_factor=0.1,
            ),
        )
        self._root = await self.runtime.spawn(root(settings))
        await self.pass_time(3.0)

    def _pools(self) -> tuple[PoolSettings, ...]:
        """Both report at once what changes with them."""
        workers = TranscriberSettings(report_every=0.5)
        return (
            PoolSettings(
                engine=Recipe.of(NearEngine, library=self.scripts, heard=self.near),
                host="local",
                bounds=Bounds(least=1, most=1),
                transcriber=workers,
            ),
            PoolSettings(
                engine=Recipe.of(FarEngine, library=self.scripts, far=self.far),
                serves=GROQ,
                name=GROQ_POOL,
                workers=GROQ_WORKERS,
                host="local",
                bounds=Bounds(least=1, most=1),
                transcriber=workers,
            ),
        )

    async def stop(self) -> None:
        assert self._root is not None
        await self._root.stop(30.0)

    async def die(self) -> None:
        """As the machine does."""
        if self._root is not None:
            await self._root.kill()

    async def submit(
        self, job_id: str, script: Script, engine: str = "auto", **options: str
    ) -> Receipt:
        self.scripts[script.audio().sha256] = script
        asked = Options(engine=engine, **options)  # type: ignore[arg-type]  # texts, all of them
        # As large as it is long: that is all that is known of an upload.
        audio = Audio(script.audio().sha256, round(script.seconds * BYTES_PER_SECOND))
        submission = Submission(job_id=job_id, audio=audio, options=asked)
        return await self.manager.ask(JobManager.submit, submission)

    async def job(self, job_id: str) -> Job:
        return (await self.manager.ask(JobManager.status, job_id)).job

    async def ended(self, job_id: str) -> Job:
        while not (job := await self.job(job_id)).finished:
            await self.pass_time(1.0)
        return job

    async def text(self, job_id: str) -> str:
        return (await whole_transcript(self.manager, job_id)).text

    async def told(self, job_id: str) -> list[Event]:
        events = await self.manager.ask(JobManager.events, job_id, 0)
        return list(events)

    async def engines(self) -> dict[str, EngineInfo]:
        return await self.manager.ask(JobManager.engines)

    async def pass_time(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        loop.call_later(seconds, over.set_result, None)
        await over

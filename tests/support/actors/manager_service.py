"""A service for tests in virtual time: the real manager over a journal in memory, and workers that
the test plays itself.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Child, Recipe, Ref, Spawn
from actors.runtime.local import LocalRuntime
from actors.transcripts import whole_transcript
from retender.errors import StorageFull
from retender.jobs.job import Job, Options
from retender.jobs.retry import RetryPolicy
from retender.jobs.submission import Receipt, Submission
from retender.journal.api import Journal, Write
from retender.journal.sqlite import SqliteJournal
from retender.storage.audio import Audio
from retender.workers.orders import Exchange, Order, Orders, Outcome, Prepared, Transcribed
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Passage, Script

AUDIO = Audio("a" * 64, 1000)
PLAIN = Options()
ENGLISH = Options(language="en")
SETTINGS = ManagerSettings(max_queue=5, lease_seconds=10.0, retry=RetryPolicy(attempts=3))


class FullDisk(SqliteJournal):
    """A journal whose disk can be full."""

    full = False

    async def commit(self, epoch: int, writes: Sequence[Write]) -> None:
        if FullDisk.full:
            raise StorageFull("no space left on device", retry_after=1.0)
        await super().commit(epoch, writes)


class MemoryDisk:
    """What outlives the manager."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    async def __call__(self) -> Journal:
        return await FullDisk.over(self.connection)


def recording(name: str, chunks: int = 2) -> Script:
    return Script(tuple(Passage((f"{name}-{n}",)) for n in range(chunks)))


class Service:
    def __init__(
        self, clock: VirtualClock, settings: ManagerSettings, runtime: LocalRuntime | None = None
    ) -> None:
        self.clock = clock
        self.disk = MemoryDisk()
        self.runtime = runtime or LocalRuntime(clock, seed=1)
        self.manager: Ref[JobManager] = self.runtime.ref(JobManager, JOB_MANAGER)
        self.broadcaster: Ref[Broadcaster] = self.runtime.ref(Broadcaster, BROADCASTER)
        self.scripts: dict[str, Script] = {}
        self._settings = settings
        self._children: list[Child] = []

    async def start(self) -> Child:
        recipe = Recipe.of(JobManager, journal=self.disk, settings=self._settings)
        return await self.spawn(Spawn(JOB_MANAGER, recipe, mailbox=10_000))

    async def spawn(self, spec: Spawn) -> Child:
        child = await self.runtime.spawn(spec)
        self._children.append(child)
        return child

    async def stop(self) -> None:
        for child in reversed(self._children):
            await child.kill()

    # A client

    async def submit(
        self,
        job_id: str,
        script: Script | None = None,
        *,
        owner: str = "",
        options: Options = PLAIN,
        idempotency_key: str | None = None,
        callback_url: str | None = None,
        user_id: str | None = None,
        audio_later: bool = False,
    ) -> Receipt:
        script = recording(job_id) if script is None else script
        self.scripts[script.audio().sha256] = script
        submission = Submission(
            job_id=job_id,
            owner=owner,
            audio=None if audio_later else script.audio(),
            options=options,
            idempotency_key=idempotency_key,
            callback_url=callback_url,
            user_id=user_id,
        )
        return await self.manager.ask(JobManager.submit, submission)

    async def job(self, job_id: str) -> Job:
        return (await self.manager.ask(JobManager.status, job_id)).job

    async def text(self, job_id: str) -> str:
        return (await whole_transcript(self.manager, job_id)).text

    # A worker

    async def ask_for(
        self,
        want: int = 1,
        *done: Outcome,
        worker: str = "w",
        instance: str = "1",
        wait: float = 0.0,
    ) -> Orders:
        asked = Exchange(worker=worker, instance=instance, outcomes=done, want=want, wait=wait)
        return await self.manager.ask(JobManager.exchange, asked)

    async def order(self, worker: str = "w", instance: str = "1") -> Order:
        (order,) = (await self.ask_for(1, worker=worker, instance=instance)).orders
        return order

    def outcome(self, order: Order) -> Outcome:
        """What the recording says."""
        script = self.scripts[order.audio.sha256]
        if order.chunk is None:
            return Prepared(order.token, script.plan(), "scripted", "script")
        result = script.result(order.index, order.chunk)
        return Transcribed(order.token, result, "scripted", "script")

    async def work_off(self, worker: str = "w") -> list[Order]:
        """Do everything there is; the orders in the order they were given."""
        seen: list[Order] = []
        done: tuple[Outcome, ...] = ()
        while True:
            orders = await self.ask_for(1, *done, worker=worker)
            if not orders.orders and not done:
                return seen
            seen += orders.orders
            done = tuple(map(self.outcome, orders.orders))

    async def wait(self, seconds: float) -> None:
        """Let virtual time pass."""
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        loop.call_later(seconds, over.set_result, None)
        await over

"""A service that is left alone for a long time: the real actors and the real journal, in a file, in
virtual time. Jobs come and go, clients too, and what is old is deleted. In the first third
the process is killed now and then, and the disk is full now and then. After that nothing disturbs
it, so that what an actor never lets go of is seen to grow.

Unlike the worlds, which live for minutes and go wrong all the time, this one lives for months and
keeps nothing by itself: what grows here is the service's.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import BROADCASTER, JOB_MANAGER, ROOT
from actors.runtime.api import Recipe
from actors.supervision.restarts import Intensity
from actors.transcripts import whole_transcript
from actors.tree import TreeSettings, root
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from retender.errors import AlreadyFinished, JobNotFound, RetenderError
from retender.jobs.retention import Retention
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from retender.scheduling.pool_size import Bounds
from retender.transcript.edits import pack
from retender.transcript.segments import Segment
from tests.simulation.invariants import Violation
from tests.simulation.memory_of_actors import held_by_actors, resident
from tests.simulation.surroundings import Blobs
from tests.simulation.year_surroundings import Accepting, Disk, MortalRuntime
from tests.support.actors.virtual_time import VirtualClock, VirtualTimeLoop
from tests.support.engines.scripted import Passage, Script, ScriptedEngine
from tests.support.http.webhook_receivers import hand_over, settings

WORDS: Final = ("uno", "dos", "tres", "cuatro", "five", "six", "seven", "ocho", "nueve", "ten.")
PASSAGE_SECONDS: Final = 30.0
SETTLING: Final = 1800.0
"""Seconds in which the last webhooks are tried again."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Times are in seconds of virtual time."""

    jobs: int
    seconds: float
    """The jobs come evenly over this time."""
    kept: float
    """How long finished jobs stay."""
    killed_every: float
    """On average, in the first third: the whole service, the JobManager or the Broadcaster."""
    full_every: float
    """On average, in the first third; each time the disk is full for a thirtieth of this."""
    passages: int = 20
    words: int = 75
    """In each passage; with 20 of them, a recording of ten minutes of quick speech."""
    slices: int = 20
    seed: int = 1


def year(jobs: int, *, passages: int = 20, slices: int = 20) -> Plan:
    """A year in which jobs are kept for a month, with so many jobs. They come one every four
    seconds, so it has fewer days than 365, and all else is as much closer together."""
    seconds = jobs * 4.0
    return Plan(
        jobs=jobs,
        seconds=seconds,
        kept=seconds / 12,
        killed_every=seconds / 73,
        full_every=seconds / 24,
        passages=passages,
        slices=slices,
    )


class Slice(msgspec.Struct, frozen=True):
    """What there is after a part of the jobs."""

    jobs: int
    held: dict[str, int]
    """Bytes by actor."""
    resident: int
    journal: int
    kept_jobs: int
    recordings: int
    submission: float
    """Milliseconds of real time, the median of this part."""
    status: float
    jobs_a_second: float


class Scripts:
    """What is said in each recording: twenty texts, which begin with the number of the job."""

    def __init__(self, plan: Plan) -> None:
        chance = Random(plan.seed)
        self._texts = [
            tuple(
                Passage(tuple(chance.choices(WORDS, k=plan.words)), PASSAGE_SECONDS, 1.0)
                for _ in range(plan.passages - 1)
            )
            for _ in range(20)
        ]

    def of(self, number: int) -> Script:
        first = Passage((f"number-{number}",), PASSAGE_SECONDS, 1.0)
        return Script((first, *self._texts[number % len(self._texts)]))


class Year:
    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.loop = VirtualTimeLoop(horizon=100 * plan.seconds)
        self.clock = VirtualClock(self.loop)
        self.runtime = MortalRuntime(self.clock, plan.seed)
        self.disk = Disk(folder / "journal.sqlite3")
        self.scripts = Scripts(plan)
        self.blobs = Blobs(self.clock)
        self.receivers = Accepting()
        self.chance = Random(plan.seed)
        self.manager = self.runtime.ref(JobManager, JOB_MANAGER)
        self.hub = Hub(self.runtime.ref(Broadcaster, BROADCASTER))
        self.slices: list[Slice] = []
        self.show: Callable[[Slice], None] = lambda _: None
        self.ended: dict[str, int] = {}
        """Jobs by how they ended."""
        self.kills = 0
        self.expected_webhooks = 0
        self._over = False
        self._submissions: list[float] = []
        self._statuses: list[float] = []
        self._since = time.perf_counter()

    def run(self) -> list[Slice]:
        """Raises `Violation` where a promise is broken."""
        try:
            self.loop.run_until_complete(self._run())
        finally:
            self.disk.fill(full=False)
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left, timeout=60.0))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
        if self.loop.mishaps:
            raise Violation(f"errors that no one caught: {self.loop.mishaps[:3]}")
        return self.slices

    async def _run(self) -> None:
        service = asyncio.create_task(self._keep_up())
        reader = asyncio.create_task(self.hub.run())
        weather = [asyncio.create_task(self._kills()), asyncio.create_task(self._full_disks())]
        clients: set[asyncio.Task[None]] = set()
        every = max(1, self.plan.jobs // self.plan.slices)
        for number in range(1, self.plan.jobs + 1):
            await asyncio.sleep(self.chance.expovariate(self.plan.jobs / self.plan.seconds))
            client = asyncio.create_task(self._client(number, Random(f"{self.plan.seed} {number}")))
            clients.add(client)
            client.add_done_callback(clients.discard)
            client.add_done_callback(_complain)
            if number == self.plan.jobs // 3:
                for each in weather:
                    each.cancel()
                self.disk.fill(full=False)
            if number % every == 0:
                await self._measure(number)
        if clients:
            await asyncio.wait(clients)
        await asyncio.sleep(SETTLING)
        if self.receivers.told < self.expected_webhooks:
            raise Violation(f"{self.receivers.told} of {self.expected_webhooks} webhooks were told")
        # When all that was kept is old enough, nothing is left.
        await asyncio.sleep(2 * self.plan.kept)
        await self._measure(self.plan.jobs)
        self._over = True
        reader.cancel()
        await self.runtime.kill(ROOT)
        await asyncio.wait({service, reader})

    # The service

    async def _keep_up(self) -> None:
        """What an init system does."""
        while not self._over:
            with suppress(RetenderError):
                child = await self.runtime.spawn(root(self._settings()))
                await child.exited()
            await asyncio.sleep(1.0)

    def _settings(self) -> TreeSettings:
        engine = Recipe.of(ScriptedEngine, library=self.blobs, lanes=4, batch=4)
        pool = PoolSettings(
            engine=engine,
            host="local",
            bounds=Bounds(least=1, most=2),
            transcriber=TranscriberSettings(heartbeat=4.0),
            look_every=10.0,
        )
        return TreeSettings(
            journal=self.disk,
            blobs=Recipe.of(hand_over, thing=self.blobs),
            manager=ManagerSettings(),
            webhooks=settings(self.receivers),
            retention=Retention(
                job_seconds=self.plan.kept,
                audio_seconds=self.plan.kept / 4,
                stray_seconds=min(3600.0, self.plan.kept / 20),
                collect_every=min(600.0, self.plan.kept / 20),
            ),
            intensity=Intensity(restarts=20, within=30.0),
            pools=(pool,),
        )

    async def _kills(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / self.plan.killed_every))
            self.kills += 1
            await self.runtime.kill(self.chance.choice((ROOT, JOB_MANAGER, BROADCASTER)))

    async def _full_disks(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / self.plan.full_every))
            self.disk.fill(full=True)
            await asyncio.sleep(self.plan.full_every / 30)
            self.disk.fill(full=False)

    # The clients

    async def _client(self, number: int, chance: Random) -> None:
        job_id = f"job-{number}"
        await self._submit(job_id, number, chance)
        follower = asyncio.create_task(self._follow(job_id, chance))
        cancels = chance.random() < 0.02
        if cancels:
            await asyncio.sleep(chance.uniform(0.0, 10.0))
            with suppress(AlreadyFinished):
                await self._insist(self.manager.within(10.0).ask, JobManager.cancel, job_id)
        status = await self._end_of(job_id)
        self.ended[status.value] = self.ended.get(status.value, 0) + 1
        if status is not Status.COMPLETED and not (cancels and status is Status.CANCELLED):
            raise Violation(f"{job_id} ended as {status}")
        if status is Status.COMPLETED and chance.random() < 0.2:
            await self._read(job_id, number, chance)
        if chance.random() < 0.02:
            await self._insist(self.manager.ask, JobManager.forget, job_id)
        await asyncio.sleep(chance.uniform(0.0, 600.0))
        follower.cancel()
        await asyncio.wait({follower})

    async def _submit(self, job_id: str, number: int, chance: Random) -> None:
        told = chance.random() < 0.1
        script = self.scripts.of(number)
        self.blobs.put(script)
        submission = Submission(
            job_id=job_id,
            owner=chance.choice(("ana", "ben", f"visitor-{number}")),
            audio=script.audio(),
            idempotency_key=f"key of {job_id}",
            callback_url=f"https://receiver-{number}.example/" if told else None,
        )
        began = time.perf_counter()
        await self._insist(self.manager.ask, JobManager.submit, submission)
        self._submissions.append(time.perf_counter() - began)
        self.expected_webhooks += told

    async def _end_of(self, job_id: str) -> Status:
        while True:
            await asyncio.sleep(30.0)
            began = time.perf_counter()
            found = await self._insist(self.manager.ask, JobManager.status, job_id)
            self._statuses.append(time.perf_counter() - began)
            status: Status = found.job.status
            if found.job.finished:
                return status

    async def _read(self, job_id: str, number: int, chance: Random) -> None:
        transcript = await self._insist(whole_transcript, self.manager, job_id)
        if transcript.text != self.scripts.of(number).text:
            raise Violation(f"{job_id} has another text")
        if chance.random() < 0.1:
            edited = pack((Segment(0, 0.0, 1.0, f"what {job_id} really says"),))
            await self._insist(self.manager.ask, JobManager.edit, job_id, 0, edited)

    async def _follow(self, job_id: str, chance: Random) -> None:
        """As a page does, whose connection breaks now and then."""
        since = 0
        while True:
            async with self.hub.follow(job_id, since) as follower:
                with suppress(TimeoutError):
                    async with asyncio.timeout(chance.uniform(1.0, 60.0)):
                        async for _ in follower:
                            since = follower.seq

    @staticmethod
    async def _insist(ask: Any, *what: Any) -> Any:
        while True:
            try:
                return await ask(*what)
            except JobNotFound as error:
                raise Violation(str(error)) from error
            except AlreadyFinished:
                raise
            except RetenderError:
                await asyncio.sleep(5.0)

    # What there is

    async def _measure(self, number: int) -> None:
        took, self._since = time.perf_counter() - self._since, time.perf_counter()
        counted = len(self._submissions)
        self.slices.append(
            Slice(
                number,
                dict(sorted(held_by_actors().items())),
                resident(),
                self.disk.bytes,
                self.disk.jobs,
                len(self.blobs),
                1000 * statistics.median(self._submissions or [0.0]),
                1000 * statistics.median(self._statuses or [0.0]),
                counted / took,
            )
        )
        self.show(self.slices[-1])
        self._submissions.clear()
        self._statuses.clear()


def _complain(client: asyncio.Task[None]) -> None:
    """A client that found a broken promise ends the run."""
    if not client.cancelled() and (error := client.exception()) is not None:
        raise error

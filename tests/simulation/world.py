"""One simulated service with its clients, from a seed: the real actors, the real journal, and
virtual time in which everything that can go wrong does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import ClassVar

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Follower, Hub
from actors.collector import ASK_SECONDS
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import BROADCASTER, COLLECTOR, JOB_MANAGER, ROOT, TRANSCRIBER_POOL, WEBHOOKS
from actors.runtime.api import Child, Recipe
from actors.supervision.restarts import Backoff, Intensity
from actors.tree import TreeSettings, root
from actors.workers.transcriber import TranscriberSettings
from actors.workers.transcriber_pool import PoolSettings
from retender.errors import (
    AlreadyFinished,
    IdempotencyConflict,
    JobNotFound,
    NotFailed,
    Refusal,
    RetenderError,
    Unreachable,
)
from retender.jobs import deliveries
from retender.jobs.events import Event
from retender.jobs.job import Job, Options
from retender.jobs.retention import Retention
from retender.jobs.retry import RetryPolicy
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from retender.journal.api import Journal
from retender.scheduling.pool_size import Bounds
from tests.simulation.faults import Chances, Fate, FaultyJournal, FaultyRuntime
from tests.simulation.invariants import (
    Violation,
    check_commits,
    check_ends,
    check_events,
    check_followed,
    check_text,
    check_told,
)
from tests.simulation.surroundings import Blobs, Disk, RoughReceivers
from tests.support.actors.virtual_time import VirtualClock, VirtualTimeLoop
from tests.support.engines.scripted import Act, MortalEngine, Passage, Script
from tests.support.http.webhook_receivers import hand_over, settings

FAULTS_END = 60.0
BOUND = 900.0
"""Virtual seconds after the last fault in which everything accepted must have ended."""
RETENTION = Retention(
    audio_seconds=60.0, stray_seconds=20.0, upload_seconds=3600.0, collect_every=5.0
)
WORDS = ("uno", "dos", "tres", "four", "five", "six", "seven", "ocho", "nueve", "ten")


class World:
    AFTERMATH: ClassVar[float] = 0.0
    """Virtual seconds after the last fault in which something delayed may still arrive."""
    VICTIMS: ClassVar[tuple[str, ...]] = (
        *(JOB_MANAGER, BROADCASTER, WEBHOOKS, TRANSCRIBER_POOL, "transcriber-1", COLLECTOR),
    )

    def __init__(self, seed: int, journal: type[FaultyJournal] = FaultyJournal) -> None:
        self.random = Random(seed)
        self.fate = Fate(Random(f"fate {seed}"), Chances.drawn(self.random))
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop)
        self.runtime = FaultyRuntime(self.clock, seed, self.fate)
        self.disk = Disk(self.fate, journal)
        self.blobs = Blobs(self.clock)
        self.receivers = RoughReceivers(self.clock, self.fate, Random(f"receivers {seed}"))
        self.scripts: dict[str, Script] = {}
        self.accepted: set[str] = set()
        self.seen: dict[str, list[Event]] = {}
        self.manager = self.runtime.ref(JobManager, JOB_MANAGER)
        self.hub = Hub(self.runtime.ref(Broadcaster, BROADCASTER))
        self._root: Child | None = None
        self._over = False

    def run(self) -> None:
        """Raises `Violation` where a promise is broken."""
        try:
            self.loop.run_until_complete(self._run())
            bugs = self.runtime.bugs + self.loop.mishaps
            if bugs:
                raise Violation(f"not by arrangement: {bugs[:3]}")
        finally:
            self._tear_down()

    def _tear_down(self) -> None:
        """Whatever a failed run has left."""
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left, timeout=60.0))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def _run(self) -> None:
        service = asyncio.create_task(self._keep_up())
        reader = asyncio.create_task(self.hub.run())
        weather = asyncio.create_task(self._weather())
        clients = [
            asyncio.create_task(self._client(f"job-{number}"))
            for number in range(self.random.randint(2, 6))
        ]
        await asyncio.sleep(FAULTS_END)
        self.fate.on = False
        weather.cancel()
        await asyncio.wait(clients, timeout=BOUND)
        for client in clients:
            if not client.done():
                await self._complain_of_unended()
            client.result()
        # Past every time that a clock which was set has written down; and once more, for what was
        # being tried just then, failed, and is to be tried again in hours.
        for _ in range(2):
            self.clock.shift(10 * 86400.0)
            await self._settle()
        # What goes wrong when there is nothing left to do is a fault too.
        await asyncio.sleep(3 * RETENTION.collect_every)
        await self._stop(service, reader)
        await self._check()

    async def _settle(self) -> None:
        """Until nothing is left to do, or a lost question and what follows it must be over."""
        await asyncio.sleep(max(0.0, FAULTS_END + self.AFTERMATH - self.loop.time()))
        end = self.loop.time() + ASK_SECONDS + RETENTION.stray_seconds + 3 * RETENTION.collect_every
        while self.loop.time() < end:
            await asyncio.sleep(1.0)
            if not await self._left_to_do():
                break

    async def _left_to_do(self) -> bool:
        journal = await self.disk()
        consumers = (deliveries.WEBHOOKS, deliveries.CONVEX)
        waiting = [(await journal.backlog(consumer)).waiting for consumer in consumers]
        return any(waiting) or bool(await self._strays(journal))

    async def _strays(self, journal: Journal) -> set[str]:
        return set(self.blobs) - await journal.audio_in_use([*self.blobs], self.clock.now())

    # The service

    async def _keep_up(self) -> None:
        """What an init system does: the process is started again when it is gone."""
        while not self._over:
            try:
                self._root = await self.runtime.spawn(root(self._settings()))
                await self._root.exited()
            except RetenderError:
                pass
            await asyncio.sleep(1.0)

    def _settings(self) -> TreeSettings:
        draw = Random(f"{self.random.random()}")
        most = draw.randint(1, 3)
        return TreeSettings(
            journal=self.disk,
            blobs=Recipe.of(hand_over, thing=self.blobs),
            manager=ManagerSettings(retry=RetryPolicy(attempts=4), lease_seconds=8.0, traces=True),
            webhooks=settings(self.receivers),
            retention=RETENTION,
            intensity=Intensity(restarts=20, within=30.0),
            pools=(
                PoolSettings(
                    engine=Recipe.of(
                        MortalEngine,
                        library=self.blobs,
                        lanes=draw.randint(1, 2),
                        batch=draw.randint(1, 3),
                        good_for=draw.choice((2, 5, 10_000)),
                    ),
                    host="local",
                    bounds=Bounds(least=1, most=most, seconds_per_worker=20.0, idle_seconds=10.0),
                    transcriber=TranscriberSettings(silence=6.0),
                    backoff=Backoff(cap=4.0),
                    cool_down=15.0,
                    look_every=2.0,
                ),
            ),
        )

    async def _weather(self) -> None:
        """Faults that come from nowhere: processes and machines die, clocks are set."""
        while True:
            await asyncio.sleep(self.random.expovariate(1 / 15))
            event = self.random.random()
            if event < 0.25:
                self.fate.dealt["machine died"] += 1
                self.runtime.kill(ROOT)
            elif event < 0.75:
                victim = self.random.choice(self.VICTIMS)
                self.fate.dealt[f"{victim} died"] += 1
                self.runtime.kill(victim)
            else:
                self.fate.dealt["clock jumped"] += 1
                self.clock.shift(self.random.uniform(-86400.0, 86400.0))

    async def _stop(self, service: asyncio.Task[None], reader: asyncio.Task[None]) -> None:
        self._over = True
        reader.cancel()
        assert self._root is not None
        exit_ = await self._root.stop(60.0)
        if not exit_.normal:
            raise Violation(f"the service did not stop in order: {exit_}")
        await asyncio.wait({service, reader})
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            raise Violation(f"left behind: {[task.get_name() for task in left]}")

    # The clients

    async def _client(self, job_id: str) -> None:
        draw = Random(f"{job_id} {self.random.random()}")
        await asyncio.sleep(draw.uniform(0.0, FAULTS_END * 0.8))
        self.scripts[job_id] = script = self._script(draw)
        if not await self._submit(job_id, script, draw):
            return
        self.accepted.add(job_id)
        follower = asyncio.create_task(self._follow(job_id, draw))
        if draw.random() < 0.2:
            await asyncio.sleep(draw.uniform(0.0, 20.0))
            await self._insist(job_id, "cancel")
        job = await self._ended(job_id)
        if job.status is Status.FAILED and draw.random() < 0.5:
            await self._insist(job_id, "retry")
            job = await self._ended(job_id)
        await self._followed(follower, job_id)

    def _script(self, draw: Random) -> Script:
        passages = []
        for number in range(draw.choice((0, 1, 2, 5, 12))):
            words = tuple(f"{draw.choice(WORDS)}-{number}.{n}" for n in range(draw.randint(0, 4)))
            passages.append(
                Passage(words, draw.uniform(1, 30), draw.uniform(0.1, 3), self._acts(draw))
            )
        return Script(tuple(passages), Passage((), 0.0, 0.5, self._acts(draw)))

    def _options(self, job_id: str) -> Options:
        """What the client of this job asks for."""
        assert job_id
        return Options()

    def _acts(self, draw: Random) -> tuple[Act, ...]:
        """Mostly well; sometimes badly, once or for ever."""
        if draw.random() < 0.85:
            return ()
        act = draw.choice((Act.FAIL, Act.FATAL, Act.HANG, Act.CRASH))
        return (act,) * draw.choice((1, 2, 50))

    async def _submit(self, job_id: str, script: Script, draw: Random) -> bool:
        """Until it is accepted or refused. The upload comes first, or it comes later."""
        later = draw.random() < 0.3
        self.blobs.put(script)
        submission = Submission(
            job_id=job_id,
            owner=draw.choice(("ana", "ben")),
            audio=None if later else script.audio(),
            priority=draw.randint(-2, 2),
            options=self._options(job_id),
            idempotency_key=draw.choice((None, f"key of {job_id}")),
            callback_url=draw.choice((None, "https://one.example/", "https://two.example/")),
        )
        while True:
            try:
                await self.manager.ask(JobManager.submit, submission)
                if later:
                    self.accepted.add(job_id)
                    await asyncio.sleep(draw.uniform(0.0, 5.0))
                    self.blobs.put(script)
                    await self.manager.ask(JobManager.audio_arrived, job_id, script.audio())
            except IdempotencyConflict as conflict:
                raise Violation(str(conflict)) from conflict
            except (Unreachable, Refusal):
                self.blobs.put(script)
                await asyncio.sleep(draw.uniform(0.1, 2.0))
            else:
                return True

    async def _insist(self, job_id: str, what: str) -> None:
        while True:
            try:
                if what == "cancel":
                    await self.manager.ask(JobManager.cancel, job_id)
                else:
                    await self.manager.ask(JobManager.retry, job_id)
            except (AlreadyFinished, NotFailed):
                return
            except JobNotFound as error:
                raise Violation(str(error)) from error
            except (Unreachable, Refusal):
                await asyncio.sleep(1.0)
            else:
                return

    async def _ended(self, job_id: str) -> Job:
        while True:
            try:
                status = await self.manager.ask(JobManager.status, job_id)
                if status.job.finished:
                    return status.job
            except JobNotFound as error:
                raise Violation(f"{job_id} was accepted and is not there") from error
            except RetenderError:
                pass
            await asyncio.sleep(2.0)

    async def _follow(self, job_id: str, draw: Random) -> None:
        """Watch the job; the connection breaks now and then, and goes on by number."""
        seen = self.seen[job_id] = []
        while True:
            since = seen[-1].seq if seen else 0
            async with self.hub.follow(job_id, since) as follower:
                stay = draw.choice((3.0, 30.0, 10_000.0))
                with suppress(TimeoutError):
                    async with asyncio.timeout(stay):
                        await self._watch(follower, seen)

    async def _watch(self, follower: Follower, seen: list[Event]) -> None:
        shown = 0.0
        async for news in follower:
            if news.progress < shown:
                raise Violation(f"{news.job_id} was at {shown}, and is at {news.progress}")
            shown = news.progress
            if isinstance(news, Event):
                seen.append(news)

    async def _followed(self, follower: asyncio.Task[None], job_id: str) -> None:
        """The follower has some time to hear of the end."""
        job = await self._ended(job_id)
        for _ in range(120):
            if self.seen[job_id] and self.seen[job_id][-1].seq == job.seq:
                break
            if follower.done():
                follower.result()
            await asyncio.sleep(1.0)
        follower.cancel()
        await asyncio.wait({follower})

    # The reckoning

    async def _complain_of_unended(self) -> None:
        journal = await self.disk()
        await self._check_ends(journal)
        raise Violation("a client did not come to an end though its job did")

    async def _check_ends(self, journal: Journal) -> dict[str, Job | None]:
        jobs = {job_id: await journal.job(job_id) for job_id in sorted(self.accepted)}
        check_ends(jobs, frozenset())
        return jobs

    async def _check(self) -> None:
        check_commits(self.disk.commits)
        journal = await self.disk()
        jobs = await self._check_ends(journal)
        for job_id, job in jobs.items():
            assert job is not None
            segments = await journal.segments(job_id)
            check_text(job, self.scripts[job_id], segments)
            check_events(job, await journal.events(job_id, 0, 10_000), segments)
            check_followed(job, self.seen[job_id])
            check_told(job, self.disk.commits, self.receivers.messages)
        recovery = await journal.begin_epoch()
        leased = [p for each in recovery.unfinished for p in each.pieces if p.token]
        if leased:
            raise Violation(f"a stopped service left leases: {leased}")
        if stray := await self._strays(journal):
            raise Violation(f"recordings that nothing needs: {stray}")

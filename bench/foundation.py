"""How fast the foundation is, in one process with the journal on a real disk: submissions and
dispatches a second, news to followers, and how each grows with the queue.

    python -m bench.foundation [FOLDER]

Figures are of this machine at this moment; what is to be compared is compared within one run.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Self

from loguru import logger

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Recipe, Ref
from actors.runtime.local import LocalRuntime
from actors.tree import TreeSettings, root
from deployments.wiring.clock import SystemClock
from retender.jobs.events import Event
from retender.jobs.submission import Submission
from retender.journal.sqlite import SqliteOpener
from retender.storage.audio import Audio
from retender.storage.blobs import BlobStore
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment
from retender.workers.orders import Exchange, Order, Outcome, Prepared, Transcribed

QUEUES = (10, 100, 1000, 10_000)
FOLLOWERS = (1, 100, 10_000)
CALLERS = 8
SECONDS = 2.0


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def milliseconds(values: list[float]) -> str:
    p50, p99 = (percentile(values, share) * 1e3 for share in (0.5, 0.99))
    return f"p50 {p50:7.2f} ms   p99 {p99:7.2f} ms"


class Bench:
    """A service without workers: what a worker does is done here, as fast as it goes."""

    def __init__(self, folder: Path) -> None:
        self.runtime = LocalRuntime(SystemClock())
        self.manager: Ref[JobManager] = self.runtime.ref(JobManager, JOB_MANAGER).within(60.0)
        self._settings = TreeSettings(
            journal=SqliteOpener(str(folder / "journal.db")),
            blobs=Recipe.of(BlobStore, root=str(folder)),
            manager=ManagerSettings(max_queue=1_000_000, lease_seconds=600.0),
        )
        self._submitted = 0

    async def __aenter__(self) -> Self:
        self._root = await self.runtime.spawn(root(self._settings))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._root.stop(30.0)

    async def submit(self) -> str:
        self._submitted += 1
        job_id = f"job-{self._submitted:07}"
        audio = Audio(sha256(job_id.encode()).hexdigest(), 1_000_000)
        owner = f"caller-{self._submitted % 7}"
        submission = Submission(job_id=job_id, owner=owner, audio=audio)
        await self.manager.ask(JobManager.submit, submission)
        return job_id

    async def fill(self, queued: int) -> None:
        """Have so many jobs waiting."""
        info = await self.manager.ask(JobManager.info)
        gate = asyncio.Semaphore(CALLERS)

        async def one() -> None:
            async with gate:
                await self.submit()

        await asyncio.gather(*(one() for _ in range(queued - info.queue_size)))


async def submissions(bench: Bench) -> None:
    """Accepted means written down and synced: the figure is the journal's as much as ours."""
    for queued in QUEUES:
        for callers in (1, CALLERS):
            await bench.fill(queued)
            took: list[float] = []
            until = time.perf_counter() + SECONDS
            await asyncio.gather(*(keep_submitting(bench, until, took) for _ in range(callers)))
            rate = len(took) / SECONDS
            what = f"submissions, {queued:6} jobs queued, {callers} at a time"
            say(what, f"{rate:7.0f} a second   {milliseconds(took)}")


async def keep_submitting(bench: Bench, until: float, took: list[float]) -> None:
    while time.perf_counter() < until:
        start = time.perf_counter()
        await bench.submit()
        took.append(time.perf_counter() - start)


class Worker:
    """Turns in each order the moment it gets it."""

    def __init__(self, bench: Bench, name: str, chunks: int) -> None:
        self._bench = bench
        self._name = name
        self._chunks = chunks
        self._done: tuple[Outcome, ...] = ()
        self.dispatched = 0

    async def prepare(self) -> None:
        """Until every job that waits has its plan."""
        while (orders := await self._exchange(8)) and orders[0].chunk is None:
            pass

    async def work(self, until: float, batch: int) -> None:
        while time.perf_counter() < until:
            await self._exchange(batch)

    async def _exchange(self, want: int) -> tuple[Order, ...]:
        asked = Exchange(worker=self._name, instance="1", outcomes=self._done, want=want, wait=0.0)
        answer = await self._bench.manager.ask(JobManager.exchange, asked)
        self._done = tuple(outcome(order, self._chunks) for order in answer.orders)
        self.dispatched += len(answer.orders)
        return answer.orders


def outcome(order: Order, chunks: int = 2000) -> Outcome:
    if order.chunk is None:
        chunk = 30 * SAMPLE_RATE
        plan = Plan(chunks * 30.0, tuple(Chunk(n * chunk, (n + 1) * chunk) for n in range(chunks)))
        return Prepared(order.token, plan, "bench", "bench")
    start = order.chunk.start / SAMPLE_RATE
    segment = Segment(0, start, start + 29.0, "what was said in half a minute of speech")
    return Transcribed(order.token, ChunkResult((segment,), "en", 0.9), "bench", "bench")


async def dispatches(bench: Bench) -> None:
    """A piece given out under a lease and its result taken in, both written down and synced."""
    for queued in QUEUES:
        await bench.fill(queued)
        chunks = max(20, 20_000 // queued)
        workers = [Worker(bench, f"worker-{n}", chunks) for n in range(4)]
        await asyncio.gather(*(worker.prepare() for worker in workers))
        for batch in (1, 8):
            before = sum(worker.dispatched for worker in workers)
            until = time.perf_counter() + SECONDS
            await asyncio.gather(*(worker.work(until, batch) for worker in workers))
            rate = (sum(worker.dispatched for worker in workers) - before) / SECONDS
            say(f"dispatches, {queued:6} jobs under way, in {batch}s", f"{rate:7.0f} a second")


async def fan_out(bench: Bench) -> None:
    """From the decision, through the journal's sync, to the hands of each follower."""
    for followers in FOLLOWERS:
        many = followers > 1000
        hub = Hub(bench.runtime.ref(Broadcaster, BROADCASTER))
        reading = asyncio.create_task(hub.run())
        job_id = await bench.submit()
        before = resident()
        took: list[float] = []
        ready = asyncio.Event()
        gate = asyncio.Barrier(followers + 1)
        tasks = [
            asyncio.create_task(follow(hub, job_id, gate, ready, took)) for _ in range(followers)
        ]
        await gate.wait()
        memory = (resident() - before) / followers / 1024
        ready.set()
        await make_events(bench, 20 if many else 300, pause=0.5 if many else 0.01)
        for task in (*tasks, reading):
            task.cancel()
        await asyncio.gather(*tasks, reading, return_exceptions=True)
        figures = f"{milliseconds(took)}   {memory:6.1f} KiB each"
        say(f"event to follower, {followers:6} followers", figures)
        await bench.manager.ask(JobManager.cancel, job_id)


async def make_events(bench: Bench, count: int, pause: float) -> None:
    """One worker, one chunk after the other."""
    done: tuple[Outcome, ...] = ()
    for _ in range(count):
        asked = Exchange(worker="worker", instance="1", outcomes=done, want=1, wait=1.0)
        orders = await bench.manager.ask(JobManager.exchange, asked)
        done = tuple(outcome(order, chunks=count) for order in orders.orders)
        await asyncio.sleep(pause)


async def follow(
    hub: Hub, job_id: str, gate: asyncio.Barrier, ready: asyncio.Event, took: list[float]
) -> None:
    async with hub.follow(job_id) as follower:
        await anext(follower)
        await gate.wait()
        async for news in follower:
            now = time.time()
            if isinstance(news, Event) and ready.is_set():
                took.append(now - news.at)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def say(what: str, figures: str) -> None:
    print(f"{what:46} {figures}", flush=True)


async def main(folder: str | None) -> None:
    parts: tuple[Callable[[Bench], Awaitable[None]], ...] = (submissions, dispatches, fan_out)
    for part in parts:
        with tempfile.TemporaryDirectory(dir=folder) as data:
            async with Bench(Path(data)) as bench:
                await part(bench)


if __name__ == "__main__":
    logger.remove()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))

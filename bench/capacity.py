"""How much each actor takes by itself before it is the limit, and what memory a job or a follower
costs: in one process, with the real clock and the journal on a real disk.

    python -m bench.capacity [--quick] [FOLDER]

Nothing is recognised, and nobody waits for a network: the workers' and the callers' part is done
here, in the same process, as fast as it goes. Of several rounds the least and the median are shown,
and the median by the second of CPU time: that is what a core gives which has nothing else to do and
never waits for its disk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

from loguru import logger

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.limits import EVENTS_PER_PAGE
from actors.long_poll import LongPoll, at_once
from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, JOB_MANAGER
from actors.runtime.api import Later, Recipe, Ref, Spawn
from actors.runtime.local import LocalRuntime
from bench.foundation import CALLERS, Bench, Worker, follow, keep_submitting
from deployments.wiring.clock import SystemClock
from retender.jobs.events import Event, EventKind
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from retender.jobs.submission import LogPage
from retender.workers.orders import Exchange
from retender.workers.reports import WorkerReport

WORKERS = 64
LANES = (100, 1000)
SUBSCRIPTIONS = (1, 10, 100)
FOLLOWED = 100
"""Jobs that the events are of."""
FAR_OFF = 3600.0


class Rounds:
    def __init__(self, quick: bool) -> None:
        self.number = 2 if quick else 7
        self.seconds = 0.5 if quick else 2.0
        self.many = 2000 if quick else 20_000

    async def rate(self, one: Callable[[float], Awaitable[float]]) -> str:
        """`one` works until then, and says how much it has done."""
        return rates([await timed(one(time.perf_counter() + self.seconds)) for _ in self])

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.number))


class Timed(NamedTuple):
    done: float
    wall: float
    cpu: float


async def timed(work: Awaitable[float]) -> Timed:
    wall, cpu = time.perf_counter(), time.process_time()
    done = await work
    return Timed(done, time.perf_counter() - wall, time.process_time() - cpu)


def rates(found: list[Timed]) -> str:
    walls = [each.done / each.wall for each in found]
    cpus = [each.done / each.cpu for each in found]
    return f"{min(walls):12,.0f} {median(walls):12,.0f} {median(cpus):12,.0f}"


@contextmanager
def allocated() -> Iterator[list[int]]:
    """Bytes that are held at the end and were not at the beginning. What the system shows as
    resident would tell of what was given up before, too."""
    tracemalloc.start()
    found: list[int] = []
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()


def say(what: str, found: str) -> None:
    print(f"{what:52}{found}", flush=True)


async def submissions(bench: Bench, rounds: Rounds) -> None:
    async def one(until: float) -> float:
        took: list[float] = []
        await asyncio.gather(*(keep_submitting(bench, until, took) for _ in range(CALLERS)))
        return len(took)

    say(f"JobManager: submissions, {CALLERS} callers", await rounds.rate(one))


async def pieces(bench: Bench, rounds: Rounds) -> None:
    """Turned in, and the next one given, in one message."""
    await bench.fill(200)
    for number in (1, WORKERS):
        workers = [Worker(bench, f"worker-{n}-of-{number}", 10_000) for n in range(number)]
        await asyncio.gather(*(worker.prepare() for worker in workers))

        async def one(until: float, workers: list[Worker] = workers) -> float:
            before = sum(worker.dispatched for worker in workers)
            await asyncio.gather(*(worker.work(until, 1) for worker in workers))
            return sum(worker.dispatched for worker in workers) - before

        say(f"JobManager: pieces done and given, {number} workers", await rounds.rate(one))


async def signs_of_life(bench: Bench, rounds: Rounds) -> None:
    """With a report each fourth time, as workers send them."""
    report = WorkerReport(engine="local")

    async def one(until: float) -> float:
        done = 0
        while time.perf_counter() < until:
            signs = (
                bench.manager.ask(
                    JobManager.renew, f"worker-{n}", "1", (), None if n % 4 else report
                )
                for n in range(WORKERS)
            )
            await asyncio.gather(*signs)
            done += WORKERS
        return done

    say("JobManager: signs of life", await rounds.rate(one))


async def idle_lanes(bench: Bench, rounds: Rounds) -> None:
    """What workers without work cost it: each asks, waits two seconds, and asks again. They come
    one by one, as over a network."""
    random = Random(1)

    async def lane(name: str) -> None:
        while True:
            await asyncio.sleep(random.uniform(0.0, 0.2))
            asked = Exchange(worker=name, instance="1", want=1, wait=2.0)
            await bench.manager.ask(JobManager.exchange, asked)

    for lanes in LANES:
        idle = [asyncio.create_task(lane(f"lane-{n}")) for n in range(lanes)]
        await asyncio.sleep(2.5)
        shares = []
        for _ in rounds:
            slept = await timed(asyncio.sleep(rounds.seconds * 2, 0.0))
            shares.append(slept.cpu / slept.wall)
        share = f"{min(shares):12.1%} {median(shares):12.1%} of a core"
        say(f"JobManager: {lanes:,} idle lanes", share)
        for task in idle:
            task.cancel()
        await asyncio.gather(*idle, return_exceptions=True)


async def waiting_jobs(bench: Bench, rounds: Rounds) -> None:
    await bench.fill(rounds.many // 4)
    with allocated() as found:
        await bench.fill(rounds.many // 4 + rounds.many)
    each = found.pop() / rounds.many / 1024
    say(f"JobManager: memory of a waiting job, of {rounds.many:,}", f"{each:25.1f}  KiB")


async def followers(bench: Bench, rounds: Rounds) -> None:
    many = rounds.many // 2
    hub = Hub(bench.runtime.ref(Broadcaster, BROADCASTER))
    reading = asyncio.create_task(hub.run())
    ids = [await bench.submit() for _ in range(FOLLOWED)]
    gate, ready = asyncio.Barrier(many + 1), asyncio.Event()
    with allocated() as found:
        tasks = [
            asyncio.create_task(follow(hub, ids[n % FOLLOWED], gate, ready, []))
            for n in range(many)
        ]
        await gate.wait()
    each = found.pop() / many / 1024
    say(f"Hub: memory of a follower and its task, of {many:,}", f"{each:25.1f}  KiB")
    for task in (*tasks, reading):
        task.cancel()
    await asyncio.gather(*tasks, reading, return_exceptions=True)


class Log:
    """Stands in for the JobManager: its log has so many events, given as fast as they are read."""

    def __init__(self, events: int) -> None:
        self._events = tuple(_event(n) for n in range(events))
        self._reader: LongPoll[LogPage] | None = None

    async def at_work(self) -> tuple[Job, ...]:
        return ()

    async def log(self, after: int | None, _wait: float = 0.0) -> Later[LogPage]:
        if after is None:
            return at_once(LogPage((), 0))
        if after in {0, len(self._events)}:
            self._reader = LongPoll(FAR_OFF)
            return self._reader.later
        return at_once(self._page(after))

    async def begin(self) -> None:
        assert self._reader is not None, "the Broadcaster has not read so far yet"
        self._reader.answer(self._page(0))

    def _page(self, after: int) -> LogPage:
        page = self._events[after : after + EVENTS_PER_PAGE]
        return LogPage(page, page[-1].position)


def _event(n: int) -> Event:
    return Event(
        job_id=f"job-{n % FOLLOWED}",
        seq=n // FOLLOWED + 1,
        at=0.0,
        kind=EventKind.PROGRESS,
        status=Status.PROCESSING,
        stage=Stage.TRANSCRIBING,
        progress=50.0,
        note=Note("transcribing", {"n": 1, "total": 2}),
        seconds_done=1.0,
        duration=100.0,
        position=n + 1,
    )


@asynccontextmanager
async def broadcaster(events: int) -> AsyncIterator[tuple[Ref[Broadcaster], Ref[Log]]]:
    runtime = LocalRuntime(SystemClock())
    spawned = [
        await runtime.spawn(Spawn(JOB_MANAGER, Recipe.of(Log, events=events))),
        await runtime.spawn(Spawn(BROADCASTER, Recipe.of(Broadcaster), mailbox=100_000)),
    ]
    yield runtime.ref(Broadcaster, BROADCASTER), runtime.ref(Log, JOB_MANAGER)
    for child in reversed(spawned):
        await child.kill()


async def subscriber(to: Ref[Broadcaster], events: int, begun: asyncio.Barrier) -> None:
    name = await to.ask(Broadcaster.subscribe)
    ids = tuple(f"job-{n}" for n in range(FOLLOWED))
    await to.ask(Broadcaster.follow, name, ids)
    await begun.wait()
    received = got = 0
    while got < events:
        batch = await to.within(FAR_OFF).ask(Broadcaster.next, name, received, FAR_OFF)
        received, got = batch.number, got + len(batch.events)
        assert not batch.missed, "subscribers in the same process keep up"


async def spread(log: Ref[Log], tasks: list[asyncio.Task[None]], events: int) -> float:
    await log.ask(Log.begin)
    await asyncio.gather(*tasks)
    return events


async def news(rounds: Rounds) -> None:
    """Every subscription follows every job: each event goes to all of them."""
    for number in SUBSCRIPTIONS:
        events = rounds.many if number < 100 else rounds.many // 10
        found = []
        for _ in rounds:
            async with broadcaster(events) as (to, log):
                gate = asyncio.Barrier(number + 1)
                await asyncio.sleep(0.05)
                tasks = [asyncio.create_task(subscriber(to, events, gate)) for _ in range(number)]
                await gate.wait()
                found.append(await timed(spread(log, tasks, events)))
        say(f"Broadcaster: events, each to {number} subscriptions", rates(found))


async def passing(rounds: Rounds) -> None:
    """Told, not asked: the mailbox is asked something at the end to know that it is through."""

    async def tell(to: Ref[Broadcaster]) -> float:
        for n in range(rounds.many):
            to.tell(Broadcaster.progress, f"job-{n % FOLLOWED}", 1, float(n))
        await to.within(FAR_OFF).ask(Broadcaster.latest, "job-0")
        return rounds.many

    found = []
    for _ in rounds:
        async with broadcaster(1) as (to, _log):
            found.append(await timed(tell(to)))
    say("Broadcaster: passing progress", rates(found))


async def main(folder: str | None, quick: bool) -> None:
    rounds = Rounds(quick)
    parts = (submissions, pieces, signs_of_life, idle_lanes, waiting_jobs, followers)
    say("", f"{'least':>12} {'median':>12} {'by CPU time':>12}")
    for part in parts:
        with tempfile.TemporaryDirectory(dir=folder) as data:
            async with Bench(Path(data)) as bench:
                await part(bench, rounds)
    await news(rounds)
    await passing(rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.capacity")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    logger.remove()
    print(f"{os.cpu_count()} cores")
    asyncio.run(main(asked.folder, asked.quick))

"""What one decision of the JobManager costs in pure computing, as the queue grows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from bench.scale.desk import Desk
from retender.jobs.job import Job, Options
from retender.jobs.states import Stage, Status
from retender.jobs.submission import Submission
from retender.scheduling.estimates import Estimates
from retender.scheduling.fair_queue import FairQueue, Offer
from retender.storage.audio import Audio
from retender.workers.orders import Exchange

TURNS = 2000
LINES = (1, 1000)
IN_HAND = (10, 1000, 10_000)


class Cost(NamedTuple):
    what: str
    among: int
    """So many jobs that wait, or pieces in hand."""
    microseconds: float
    """The median of all turns: what else the machine did meanwhile is not in it."""


def measure(queues: tuple[int, ...]) -> Iterator[Cost]:
    for waiting in queues:
        for lines in LINES:
            yield _turns(waiting, lines)
        yield _places(waiting)
    for leases in IN_HAND:
        yield _ends(leases)


def _turns(waiting: int, lines: int) -> Cost:
    """A piece is taken and another job comes, so that the queue stays as long as it is."""
    random, numbers = Random(waiting), count()
    queue = FairQueue()

    def come() -> None:
        n = next(numbers)
        left = random.uniform(5.0, 3600.0)
        owner = f"owner-{random.randrange(200)}"
        queue.offer(Offer(f"job-{n}", 0, left, owner, 0, "local", f"local/{n % lines}", left, left))

    for _ in range(waiting):
        come()

    def turn() -> None:
        queue.take(("local",))
        come()

    kinds = "1 kind" if lines == 1 else f"{lines:,} kinds"
    return Cost(f"the next piece, {kinds} of work", waiting, _median(turn))


def _places(waiting: int) -> Cost:
    """A job begins and another comes: who waits moves up."""
    estimates, random, numbers = Estimates(0.5), Random(waiting), count()
    line: list[Job] = []

    def come() -> Job:
        n = next(numbers)
        job = _job(n)
        estimates.update(job)
        return job

    line = [come() for _ in range(waiting)]

    def turn() -> None:
        at = random.randrange(waiting)
        estimates.update(replace(line[at], status=Status.PROCESSING))
        line[at] = come()

    return Cost("a job begins, the others move up", waiting, _median(turn))


def _ends(leases: int) -> Cost:
    """A job ends while so many pieces are in hand."""
    desk = Desk(lease_seconds=1e9)
    for n in range(leases + TURNS):
        desk.submit(Submission(job_id=f"job-{n}", audio=Audio("0" * 64, 100_000)))
    for n in range(leases):
        desk.exchange(Exchange(worker=f"worker-{n}", instance="1", want=1))
    numbers = count(leases)

    def turn() -> None:
        desk.cancel(f"job-{next(numbers)}")

    return Cost("a job ends, with so many pieces in hand", leases, _median(turn))


def _job(n: int) -> Job:
    return Job(
        id=f"job-{n}",
        owner="ana",
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        created_at=float(n),
        audio=Audio("0" * 64, 100_000),
        options=Options(),
        engine="local",
    )


def _median(turn: Callable[[], None]) -> float:
    took = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        turn()
        took.append(time.perf_counter() - begun)
    return sorted(took)[TURNS // 2] * 1e6

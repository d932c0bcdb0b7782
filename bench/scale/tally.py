"""What is counted and measured of a simulated day."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bench.scale.workload import Arrival
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.scheduling.engine_choice import GROQ, LOCAL

if TYPE_CHECKING:
    from bench.scale.world import Pool

MEASURED_EVERY: Final = 8
"""Of so many decisions one is timed."""


class Opened:
    """A job that has not ended."""

    __slots__ = ("alone", "arrival", "begun", "chunks", "since")

    def __init__(self, arrival: Arrival, chunks: tuple[float, ...], alone: float) -> None:
        self.arrival = arrival
        self.chunks = chunks
        self.alone = alone
        """Seconds from hand-in to end if there were no other jobs."""
        self.begun: float | None = None
        self.since = arrival.at
        """Since when it waits for its next turn."""


class Group:
    """Jobs that have something in common."""

    def __init__(self) -> None:
        self.waits = array("d")
        """Seconds until they were begun."""
        self.slowdowns = array("d")
        """How many times as long as alone they took, of those that were completed."""
        self.starved = 0.0
        """The longest time that one of them waited for a turn."""


Labels = Callable[[Arrival], tuple[str, ...]]
"""The groups that a job belongs to."""


class Tally:
    def __init__(self, pool: Pool, labels: Labels, timer: Callable[[], float]) -> None:
        self.busy = 0.0
        """Seconds that workers of this machine's engine spent on what they turned in."""
        self.deaths = 0
        self.failed_attempts = 0
        self.turns = 0
        self.longest_queue = 0
        self.idle_beside_work = 0.0
        """Worker-seconds idle while something waited."""
        self.audio = 0.0
        self.last_arrival = 0.0
        self.end = 0.0
        self.ideal_end = 0.0
        """When a pool that could share any work evenly would have been done."""
        self.ends: Counter[Status] = Counter()
        self.groups: defaultdict[str, Group] = defaultdict(Group)
        self.costs: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))
        """Seconds of computing for an exchange, by the digits of how much waited."""
        self._pool = pool
        self._labels = labels
        self._timer = timer
        self._now = 0.0
        self._backlog = 0.0
        self._decided = 0

    def pass_time(self, now: float, idle: int, waiting: int) -> None:
        if waiting:
            self.idle_beside_work += idle * (now - self._now)
            self.longest_queue = max(self.longest_queue, waiting)
        self._now = now

    @contextmanager
    def deciding(self, waiting: int) -> Iterator[None]:
        self._decided += 1
        if self._decided % MEASURED_EVERY:
            yield
            return
        begun = self._timer()
        yield
        self.costs[len(str(waiting))].append(self._timer() - begun)

    def open(self, arrival: Arrival, chunks: tuple[float, ...]) -> Opened:
        pool = self._pool
        here = arrival.options.engine != GROQ
        pace = pool.pace[LOCAL if here else GROQ]
        pieces = [pool.overhead + seconds * pace for seconds in chunks]
        preparing = pool.preparing(arrival.seconds)
        done = (arrival.at - self.last_arrival) * pool.here
        self._backlog = max(0.0, self._backlog - done)
        if here:
            self._backlog += preparing + sum(pieces)
        self.last_arrival = arrival.at
        self.ideal_end = arrival.at + self._backlog / pool.here
        rounds = -(-len(pieces) // pool.here)
        return Opened(arrival, chunks, preparing + rounds * max(pieces))

    def given(self, job: Opened, now: float) -> None:
        self.turns += 1
        if job.begun is None:
            job.begun = now
        waited = now - job.since
        job.since = now
        for group in self._groups(job.arrival):
            group.starved = max(group.starved, waited)

    def close(self, job: Opened, as_it_is: Job, now: float) -> None:
        self.ends[as_it_is.status] += 1
        self.end = now
        if as_it_is.status is Status.COMPLETED:
            self.audio += job.arrival.seconds
        for group in self._groups(job.arrival):
            if job.begun is not None:
                group.waits.append(job.begun - job.arrival.at)
            if as_it_is.status is Status.COMPLETED:
                group.slowdowns.append((now - job.arrival.at) / job.alone)

    def _groups(self, arrival: Arrival) -> tuple[Group, ...]:
        return tuple(map(self.groups.__getitem__, self._labels(arrival)))

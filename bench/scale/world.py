"""A pool of workers and the day's jobs in virtual time: one heap of what happens next.

All that is decided is decided by the `Desk`, that is by the rules of the service. Made up are only
those who hand in and those who work: how long a piece takes, who fails, who dies.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any, Final, NamedTuple

from actors.limits import TICK
from bench.scale.desk import Desk
from bench.scale.tally import Labels, Opened, Tally
from bench.scale.workload import Arrival, Fate
from retender.errors import CorruptMedia, EngineFailed, WorkerCrashed, WorkerSilent
from retender.jobs.job import Job
from retender.jobs.pieces import PREPARATION
from retender.jobs.submission import Submission
from retender.scheduling.dispatcher import Lease
from retender.scheduling.engine_choice import GROQ, LOCAL
from retender.storage.audio import Audio
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment
from retender.workers.orders import Exchange, Failed, Outcome, Prepared, Transcribed

LEASE_SECONDS: Final = 15.0
"""After so long a death in silence is noticed. Signs of life are not simulated one by one."""

HEARTBEAT: Final = 0.5
"""So soon a worker hears that what it does is called off."""

WINDOW: Final = (18.0, 30.0)
"""Seconds in a chunk: it is cut at a pause, at the latest where the model's window ends."""

_TEXT: Final = "said"
_AGAIN: Final = EngineFailed("out of luck").failure()
_CORRUPT: Final = CorruptMedia("moov atom not found").failure()


DEADLINE: Final = 30 * 86_400.0
"""Who has not ended so many seconds after the last arrival never will."""


class Stuck(Exception):
    """Jobs were lost, or are held back for ever."""


class Pool(NamedTuple):
    workers: int
    pace: dict[str, float] = {LOCAL: 0.5, GROQ: 0.02}  # noqa: RUF012 - a default that nobody changes
    """Seconds that a second of audio takes."""
    overhead: float = 0.1
    """Seconds beside that, for each piece."""
    elsewhere: float = 0.02
    """This share of the workers is of the other engine."""
    flaky: float = 0.003
    """This share of the attempts fails."""
    instance: float = 6 * 3600.0
    """Seconds that a worker lives on average."""
    away: float = 20.0
    """Seconds until it is back."""
    nodes: tuple[float, ...] = ()
    """When a twentieth of the pool falls silent at once."""

    @property
    def steady(self) -> Pool:
        """Where nothing goes wrong."""
        return self._replace(flaky=0.0, instance=0.0, nodes=())

    def preparing(self, seconds: float) -> float:
        return 0.3 + seconds / 200.0

    def engine(self, number: int) -> str:
        return LOCAL if number < self.here else GROQ

    @property
    def here(self) -> int:
        """Workers of this machine's engine."""
        return self.workers - math.ceil(self.workers * self.elsewhere)


class Worker:
    __slots__ = ("alive", "engine", "instance", "lease", "name")

    def __init__(self, name: str, engine: str) -> None:
        self.name = name
        self.engine = engine
        self.instance = 1
        self.alive = True
        self.lease: Lease | None = None


class World:
    def __init__(
        self,
        arrivals: Iterator[Arrival],
        pool: Pool,
        seed: int,
        *,
        labels: Labels = lambda arrival: (arrival.kind.name,),
        timer: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`timer` measures what decisions cost; nothing that happens depends on it."""
        self.tally = Tally(pool, labels, timer)
        self.desk = Desk(
            lease_seconds=float("inf"),
            engines=(LOCAL, GROQ),
            seed=seed,
            on_end=self._ended,
        )
        self._arrivals = arrivals
        self.pool = pool
        self._random = Random(f"{seed}/world")
        self._happens: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()
        self._jobs: dict[str, Opened] = {}
        self._decisions = hashlib.sha256()
        self._workers = [Worker(f"worker-{n}", pool.engine(n)) for n in range(pool.workers)]
        self._idle = {LOCAL: deque[Worker](), GROQ: deque[Worker]()}
        self._look_at = float("inf")
        for worker in self._workers:
            self._idle[worker.engine].append(worker)
            self._next_death(worker)
        for at in pool.nodes:
            self._at(at, self._node_falls_silent)
        self._next_arrival()

    @property
    def digest(self) -> str:
        """Of all decisions: when, to whom, what."""
        return self._decisions.hexdigest()

    def run(self) -> Tally:
        """Until every job has ended."""
        while self._jobs or self._more:
            at, _, act, arguments = heapq.heappop(self._happens)
            if at > self.tally.last_arrival + DEADLINE:
                raise Stuck(f"{len(self._jobs)} jobs do not end")
            self.tally.pass_time(at, len(self._idle[LOCAL]), self.desk.dispatcher.pieces_waiting)
            self.desk.now = at
            act(*arguments)
        return self.tally

    def _at(self, at: float, act: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._happens, (at, next(self._numbers), act, arguments))

    # Those who hand in

    def _next_arrival(self) -> None:
        arrival = next(self._arrivals, None)
        self._more = arrival is not None
        if arrival is not None:
            self._at(arrival.at, self._arrives, arrival)

    def _arrives(self, arrival: Arrival) -> None:
        self._next_arrival()
        job = self.tally.open(arrival, self._cut(arrival.seconds))
        assert arrival.job_id not in self._jobs
        self._jobs[arrival.job_id] = job
        self.desk.submit(
            Submission(
                job_id=arrival.job_id,
                owner=arrival.owner,
                audio=Audio("0" * 64, round(arrival.seconds * 16_000)),
                options=arrival.options,
                priority=arrival.priority,
            )
        )
        if arrival.fate is Fate.CANCELLED:
            after = self._random.uniform(0.0, 600.0)
            self._at(self.desk.now + after, self._cancelled, arrival.job_id)
        self._serve()

    def _cut(self, seconds: float) -> tuple[float, ...]:
        chunks = []
        while seconds > WINDOW[1]:
            chunks.append(self._random.uniform(*WINDOW))
            seconds -= chunks[-1]
        return (*chunks, seconds)

    def _cancelled(self, job_id: str) -> None:
        if job_id not in self._jobs:
            return
        for worker in self._workers:
            if worker.lease is not None and worker.lease.job_id == job_id:
                self._at(self.desk.now + HEARTBEAT, self._done, worker, worker.lease)
        self.desk.cancel(job_id)

    def _ended(self, job: Job) -> None:
        self.tally.close(self._jobs.pop(job.id), job, self.desk.now)

    # Those who work

    def _serve(self) -> None:
        """A worker that waits for work is given some, as long as there is any."""
        for engine, waiting in self._idle.items():
            while waiting and self.desk.dispatcher.seconds_waiting(engine):
                worker = waiting.popleft()
                if not self._asks(worker):
                    waiting.appendleft(worker)
                    break

    def _asks(self, worker: Worker, *outcomes: Outcome) -> bool:
        asked = Exchange(
            worker=worker.name,
            instance=str(worker.instance),
            outcomes=outcomes,
            want=1,
            engines=(worker.engine,),
        )
        with self.tally.deciding(self.desk.dispatcher.pieces_waiting):
            leases = self.desk.exchange(asked)
        for lease in leases:
            self._begins(worker, lease)
        self._see_to_delays()
        return bool(leases)

    def _begins(self, worker: Worker, lease: Lease) -> None:
        now, job = self.desk.now, self._jobs[lease.job_id]
        self._decisions.update(f"{now!r} {worker.name} {lease.job_id} {lease.index}\n".encode())
        worker.lease = lease
        self.tally.given(job, now)
        self._at(now + self._time_for(worker, job, lease.index), self._done, worker, lease)

    def _time_for(self, worker: Worker, job: Opened, index: int) -> float:
        if index == PREPARATION:
            return self.pool.preparing(job.arrival.seconds)
        pace = self.pool.pace[worker.engine] * self._random.lognormvariate(0.0, 0.2)
        return self.pool.overhead + job.chunks[index - 1] * pace

    def _done(self, worker: Worker, lease: Lease) -> None:
        if worker.lease is not lease:
            return
        job = self._jobs.get(lease.job_id)
        if job is not None and job.arrival.fate is Fate.DEADLY and lease.index == 1:
            self._dies(worker, worker.instance)
            return
        worker.lease = None
        self.tally.busy += self.desk.now - lease.granted if worker.engine == LOCAL else 0.0
        outcome = None if job is None else self._outcome(job, lease)
        if not (self._asks(worker) if outcome is None else self._asks(worker, outcome)):
            self._idle[worker.engine].append(worker)
        self._serve()

    def _outcome(self, job: Opened, lease: Lease) -> Outcome:
        if lease.index == PREPARATION:
            if job.arrival.fate is Fate.CORRUPT:
                return Failed(lease.token, _CORRUPT)
            job.since = self.desk.now
            return Prepared(lease.token, plan(job.chunks))
        if self._random.random() < self.pool.flaky:
            job.since = self.desk.now
            self.tally.failed_attempts += 1
            return Failed(lease.token, _AGAIN)
        start = float(lease.index)
        heard = (Segment(0, start, start + 0.9, _TEXT),)
        return Transcribed(lease.token, ChunkResult(heard, "en", 0.9))

    def _see_to_delays(self) -> None:
        """The manager looks every half second whether a delay is over."""
        if self._look_at == float("inf") and self.desk.dispatcher.has_delayed_pieces:
            self._look_at = self.desk.now + TICK
            self._at(self._look_at, self._look)

    def _look(self) -> None:
        self._look_at = float("inf")
        if self.desk.wake():
            self._serve()
        self._see_to_delays()

    # Those who die

    def _next_death(self, worker: Worker) -> None:
        if self.pool.instance:
            after = self._random.expovariate(1 / self.pool.instance)
            self._at(self.desk.now + after, self._dies, worker, worker.instance)

    def _dies(self, worker: Worker, instance: int, *, silently: bool = False) -> None:
        if worker.instance != instance or not worker.alive:
            return
        worker.alive = False
        self.tally.deaths += 1
        if worker.lease is None:
            self._idle[worker.engine].remove(worker)
        else:
            worker.lease = None
            after = LEASE_SECONDS if silently else 0.0
            self._at(self.desk.now + after, self._missed, worker, silently)
        self._at(self.desk.now + self.pool.away, self._is_back, worker)

    def _missed(self, worker: Worker, silent: bool) -> None:
        error = WorkerSilent("no sign of life") if silent else WorkerCrashed("died")
        for lease in self.desk.dispatcher.leases_of(worker.name):
            if (job := self._jobs.get(lease.job_id)) is not None:
                job.since = self.desk.now
        self.desk.worker_lost(worker.name, error.failure())
        self._see_to_delays()

    def _is_back(self, worker: Worker) -> None:
        worker.alive = True
        worker.instance += 1
        self._idle[worker.engine].append(worker)
        self._next_death(worker)
        self._serve()

    def _node_falls_silent(self) -> None:
        for worker in self._workers[::20]:
            self._dies(worker, worker.instance, silently=True)


def plan(chunks: tuple[float, ...]) -> Plan:
    at, cut = 0, []
    for seconds in chunks:
        end = at + round(seconds * SAMPLE_RATE)
        cut.append(Chunk(at, end))
        at = end
    return Plan(at / SAMPLE_RATE, tuple(cut))

"""Estimates positions in the queue and how long jobs will take, for each engine separately."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import NamedTuple

from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.scheduling.limits import RETRY_AFTER_BOUNDS
from retender.scheduling.pace import Pace, guess, observe, remaining

BYTES_PER_SECOND = 16_000
"""Assumed for an upload until it has been examined: 128 kbit/s."""

_Rank = tuple[int, float, str]


class _Entry(NamedTuple):
    engine: str
    left: float
    rank: _Rank | None
    """None: the job is not queued."""


class _EngineJobs:
    """The unfinished jobs of one engine.

    The ranks are a sorted list. To insert or remove one moves the references behind it: some 0.1 ms
    among 100,000 queued jobs, and at most 2 ms among a million.
    """

    def __init__(self) -> None:
        self.pace = Pace()
        self.parallel = 1
        self.jobs = 0
        self.seconds = 0.0
        self.ranks: list[_Rank] = []

    def add(self, entry: _Entry) -> None:
        self.jobs += 1
        self.seconds += entry.left
        if entry.rank is not None:
            insort(self.ranks, entry.rank)

    def remove(self, entry: _Entry) -> None:
        self.jobs -= 1
        # Without jobs the seconds left are rounding errors.
        self.seconds = self.seconds - entry.left if self.jobs else 0.0
        if entry.rank is not None:
            del self.ranks[bisect_left(self.ranks, entry.rank)]


class Estimates:
    def __init__(self, default_factor: float) -> None:
        self._default_factor = default_factor
        self._entries: dict[str, _Entry] = {}
        self._engines: dict[str, _EngineJobs] = {}

    def update(self, job: Job) -> None:
        """Take in a new or changed job."""
        if (before := self._entries.pop(job.id, None)) is not None:
            self._jobs_of(before.engine).remove(before)
        if job.finished:
            return
        queued = job.status is Status.QUEUED
        rank = (-job.priority, job.created_at, job.id) if queued else None
        entry = self._entries[job.id] = _Entry(job.engine or "", seconds_left(job), rank)
        self._jobs_of(entry.engine).add(entry)

    def observe(self, engine: str, audio_seconds: float, wall_seconds: float) -> None:
        """Take in how long a piece took."""
        jobs = self._jobs_of(engine)
        jobs.pace = observe(jobs.pace, audio_seconds, wall_seconds)

    def set_parallel(self, pieces: Mapping[str, int]) -> None:
        """How many pieces each engine is working on at the same time."""
        for engine, jobs in self._engines.items():
            jobs.parallel = max(1, pieces.get(engine, 0))

    def position(self, job: Job) -> int | None:
        """1 for the first in the queue; None if the job is not queued. It follows priority and
        age only, so the fair queue may start another job first."""
        entry = self._entries.get(job.id)
        if entry is None or entry.rank is None:
            return None
        return bisect_left(self._jobs_of(entry.engine).ranks, entry.rank) + 1

    def remaining(self, job: Job) -> float | None:
        """Seconds until a processing job is done; None if they cannot be estimated yet."""
        entry = self._entries.get(job.id)
        if entry is None or job.status is not Status.PROCESSING or job.duration is None:
            return None
        jobs = self._jobs_of(entry.engine)
        return remaining(jobs.pace, entry.left, jobs.parallel)

    def remaining_at(self, job: Job, now: float) -> float | None:
        """The same, with the time until the engine's limits let the job go on."""
        remaining = self.remaining(job)
        if job.finished or job.limited_until is None:
            return remaining
        return max(0.0, job.limited_until - now) + (remaining or 0.0)

    def seconds_until_done(self, job: Job) -> float:
        """For a job that was just submitted: the time for it and for all jobs before it."""
        entry = self._entries.get(job.id)
        return 0.0 if entry is None or job.finished else self.wait(entry.engine)

    def until_capacity(self) -> float:
        """Seconds until a job is probably done, so that a full queue has a place again."""
        low, high = RETRY_AFTER_BOUNDS
        busy = [jobs for jobs in self._engines.values() if jobs.jobs]
        soonest = min((self._seconds_for(each) / each.jobs for each in busy), default=low)
        return min(high, max(low, soonest))

    def seconds_left(self, engine: str) -> float:
        """Seconds of audio left in all jobs of this engine."""
        return self._jobs_of(engine).seconds

    def wait(self, engine: str) -> float:
        """Seconds until this engine has probably done all its jobs."""
        return self._seconds_for(self._jobs_of(engine))

    def pace(self, engine: str) -> float:
        """Seconds that the engine takes for one second of audio, at its present parallelism."""
        jobs = self._jobs_of(engine)
        return guess(jobs.pace, 1.0, jobs.parallel, self._default_factor)

    def _jobs_of(self, engine: str) -> _EngineJobs:
        return self._engines.setdefault(engine, _EngineJobs())

    def _seconds_for(self, jobs: _EngineJobs) -> float:
        return guess(jobs.pace, jobs.seconds, jobs.parallel, self._default_factor)


def seconds_left(job: Job) -> float:
    """Seconds of audio that are not transcribed yet, estimated by size until the plan is known."""
    if job.duration is not None:
        return max(0.0, job.duration - job.seconds_done)
    return 0.0 if job.audio is None else job.audio.size / BYTES_PER_SECOND

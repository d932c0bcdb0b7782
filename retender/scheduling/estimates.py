"""How long things will take, from how long they took: for each engine by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.scheduling.limits import RETRY_AFTER_BOUNDS
from retender.scheduling.pace import Pace, guess, observe, remaining
from retender.scheduling.ranking import Ranking

BYTES_PER_SECOND = 16_000
"""What an upload is taken to hold before it has been looked at: 128 kbit/s."""

_Place = tuple[int, float, str]


class _Entered(NamedTuple):
    engine: str
    left: float
    place: _Place | None
    """None: it does not wait."""


class _Counter:
    """Those who are with one engine."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.lanes = 1
        self.left: dict[str, float] = {}
        self.total = 0.0
        self.order: Ranking[_Place] = Ranking()

    def enter(self, job_id: str, entered: _Entered) -> None:
        self.left[job_id] = entered.left
        self.total += entered.left
        if entered.place is not None:
            self.order.add(entered.place)

    def leave(self, job_id: str, entered: _Entered) -> None:
        self.total -= self.left.pop(job_id)
        if not self.left:
            # What is left of it are the errors of rounding.
            self.total = 0.0
        if entered.place is not None:
            self.order.remove(entered.place)


class Estimates:
    def __init__(self, default_factor: float) -> None:
        self._default_factor = default_factor
        self._entered: dict[str, _Entered] = {}
        self._counters: dict[str, _Counter] = {}

    def enter(self, job: Job) -> None:
        """A job as it is now."""
        if (before := self._entered.pop(job.id, None)) is not None:
            self._counter(before.engine).leave(job.id, before)
        if job.finished:
            return
        waits = job.status is Status.QUEUED
        place = (-job.priority, job.created_at, job.id) if waits else None
        entered = _Entered(job.engine or "", seconds_left(job), place)
        self._entered[job.id] = entered
        self._counter(entered.engine).enter(job.id, entered)

    def observe(self, engine: str, audio_seconds: float, wall_seconds: float) -> None:
        counter = self._counter(engine)
        counter.pace = observe(counter.pace, audio_seconds, wall_seconds)

    def at_work(self, lanes: Mapping[str, int]) -> None:
        """How many pieces each engine has in hand."""
        for engine, counter in self._counters.items():
            counter.lanes = max(1, lanes.get(engine, 0))

    def position(self, job: Job) -> int | None:
        """1 for the next; None when it does not wait. Fairness may let others pass."""
        entered = self._entered.get(job.id)
        if entered is None or entered.place is None:
            return None
        return self._counter(entered.engine).order.before(entered.place) + 1

    def remaining(self, job: Job) -> float | None:
        """Seconds until the job is done; None while there is no telling."""
        entered = self._entered.get(job.id)
        if entered is None or job.status is not Status.PROCESSING or job.duration is None:
            return None
        counter = self._counter(entered.engine)
        return remaining(counter.pace, entered.left, counter.lanes)

    def whole(self, job: Job) -> float:
        """A guess for a job that has just come, with all that is before it."""
        entered = self._entered.get(job.id)
        if entered is None or job.finished:
            return 0.0
        return self._seconds_for(self._counter(entered.engine))

    def until_room(self) -> float:
        """A guess at when one of the waiting jobs will be done."""
        low, high = RETRY_AFTER_BOUNDS
        busy = [counter for counter in self._counters.values() if counter.left]
        soonest = min((self._seconds_for(each) / len(each.left) for each in busy), default=low)
        return min(high, max(low, soonest))

    def seconds_left(self, engine: str) -> float:
        """Audio in all jobs that are with this engine."""
        return self._counter(engine).total

    def wait(self, engine: str) -> float:
        """A guess at how long all that is with this engine takes."""
        return self._seconds_for(self._counter(engine))

    def pace(self, engine: str) -> float:
        """How many seconds a second of audio takes there, as busy as it is."""
        counter = self._counter(engine)
        return guess(counter.pace, 1.0, counter.lanes, self._default_factor)

    def _counter(self, engine: str) -> _Counter:
        return self._counters.setdefault(engine, _Counter())

    def _seconds_for(self, counter: _Counter) -> float:
        return guess(counter.pace, counter.total, counter.lanes, self._default_factor)


def seconds_left(job: Job) -> float:
    if job.duration is not None:
        return max(0.0, job.duration - job.seconds_done)
    return 0.0 if job.audio is None else job.audio.size / BYTES_PER_SECOND

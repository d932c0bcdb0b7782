"""How long things will take, from how long they took."""

from __future__ import annotations

from bisect import bisect_left, insort

from retender.eta import Pace, guess, observe, remaining
from retender.jobs import Job
from retender.limits import RETRY_AFTER_BOUNDS
from retender.states import Status

BYTES_PER_SECOND = 16_000
"""What an upload is taken to hold before it has been looked at: 128 kbit/s."""


class Estimates:
    def __init__(self, default_factor: float) -> None:
        self._default_factor = default_factor
        self._pace = Pace()
        self._left: dict[str, float] = {}
        self._total = 0.0
        self._places: dict[str, tuple[int, float, str]] = {}
        self._order: list[tuple[int, float, str]] = []
        self.lanes = 1
        """How many pieces are worked on at a time."""

    def enter(self, job: Job) -> None:
        """A job as it is now."""
        left = 0.0 if job.finished else seconds_left(job)
        self._total += left - self._left.pop(job.id, 0.0)
        if not job.finished:
            self._left[job.id] = left
        self._leave_queue(job.id)
        if job.status is Status.QUEUED:
            place = (-job.priority, job.created_at, job.id)
            self._places[job.id] = place
            insort(self._order, place)

    def observe(self, audio_seconds: float, wall_seconds: float) -> None:
        self._pace = observe(self._pace, audio_seconds, wall_seconds)

    def position(self, job: Job) -> int | None:
        """1 for the next; None when it does not wait. Fairness may let others pass."""
        place = self._places.get(job.id)
        return None if place is None else bisect_left(self._order, place) + 1

    def remaining(self, job: Job) -> float | None:
        """Seconds until the job is done; None while there is no telling."""
        if job.status is Status.PROCESSING and job.duration is not None:
            return remaining(self._pace, self._left.get(job.id, 0.0), self.lanes)
        return None

    def whole(self, job: Job) -> float:
        """A guess for a job that has just come, with all that is before it."""
        return 0.0 if job.finished else self._seconds_for(self._total)

    def until_room(self) -> float:
        """A guess at when one of the waiting jobs will be done."""
        low, high = RETRY_AFTER_BOUNDS
        return min(high, max(low, self._seconds_for(self._total / max(1, len(self._left)))))

    def _seconds_for(self, audio_seconds: float) -> float:
        return guess(self._pace, audio_seconds, self.lanes, self._default_factor)

    def _leave_queue(self, job_id: str) -> None:
        place = self._places.pop(job_id, None)
        if place is not None:
            del self._order[bisect_left(self._order, place)]


def seconds_left(job: Job) -> float:
    if job.duration is not None:
        return max(0.0, job.duration - job.seconds_done)
    return 0.0 if job.audio is None else job.audio.size / BYTES_PER_SECOND

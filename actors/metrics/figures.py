"""Counts and measurements: of jobs, from their events; of models, from the workers' reports.

Counts start at zero with each instance of the Meter. A job that was under way before is counted,
but its times are not measured.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from actors.limits import TRACKED_JOBS
from retender.jobs.events import Event, EventKind
from retender.jobs.states import Status
from retender.workers.reports import ModelState, WorkerReport

SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
PACES: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0)
"""Seconds of work for a second of audio."""
ANSWERS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)
"""Seconds until a request is answered."""

_APART: Final = 1.0
"""Two load times that differ by less are the same load."""

_ARRIVED: Final = 2
"""A job is queued for the first time by an event with at most this number."""


class Histogram(msgspec.Struct):
    """`counts[n]`: values above `bounds[n-1]` and up to `bounds[n]`; the last count: all higher."""

    bounds: tuple[float, ...]
    counts: list[int]
    total: float = 0.0

    @classmethod
    def over(cls, bounds: tuple[float, ...]) -> Histogram:
        return cls(bounds, [0] * (len(bounds) + 1))

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Each bound with the number of values up to it."""
        so_far = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            so_far += count
            yield ("+Inf" if bound == float("inf") else repr(bound)), so_far


class Figures(msgspec.Struct, kw_only=True):
    submitted: int = 0
    ended: dict[str, int] = {}
    """By end: completed, failed, cancelled."""
    failed: dict[str, int] = {}
    """By error code."""
    from_cache: int = 0
    """Completed at once from the result cache."""
    tried_again: int = 0
    """Retried pieces."""
    revived: int = 0
    """Failed jobs that were retried by request."""
    audio_seconds: float = 0.0
    """Seconds of audio of completed jobs."""
    queue_wait: Histogram
    pace: Histogram
    end_to_end: Histogram
    loads: dict[str, int] = {}
    """How often each model was loaded into memory."""
    loaded: dict[str, int] = {}
    """In how many workers each model is in memory."""
    resident: dict[str, int] = {}
    """Bytes of memory that each worker's process has."""


class _Times(msgspec.Struct):
    accepted: float
    queued: float | None = None
    started: float | None = None


class JobMeters:
    def __init__(self, most: int = TRACKED_JOBS) -> None:
        self._most = most
        self._jobs: OrderedDict[str, _Times] = OrderedDict()
        self._ended: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._figures = Figures(
            queue_wait=Histogram.over(SECONDS),
            pace=Histogram.over(PACES),
            end_to_end=Histogram.over(SECONDS),
        )

    def figures(self) -> Figures:
        return msgspec.structs.replace(
            self._figures, ended=dict(self._ended), failed=dict(self._failed)
        )

    def take_in(self, event: Event) -> None:
        times = self._times(event)
        if event.seq == 1:
            self._figures.submitted += 1
        if event.note.key == "retrying":
            self._figures.tried_again += 1
        match event.status:
            case Status.QUEUED if event.kind is EventKind.PROGRESS:
                self._queued(event, times)
            case Status.PROCESSING:
                self._processing(event, times)
            case Status.COMPLETED | Status.FAILED | Status.CANCELLED:
                self._over(event, times)

    def _queued(self, event: Event, times: _Times | None) -> None:
        if times is not None:
            times.queued = event.at
        elif event.seq > _ARRIVED:
            self._figures.revived += 1
            self._remember(event.job_id, _Times(event.at, queued=event.at))

    def _processing(self, event: Event, times: _Times | None) -> None:
        if times is not None and times.started is None:
            times.started = event.at
            if times.queued is not None:
                self._figures.queue_wait.observe(event.at - times.queued)

    def _over(self, event: Event, times: _Times | None) -> None:
        self._jobs.pop(event.job_id, None)
        self._ended[str(event.status)] += 1
        if event.failure is not None:
            self._failed[event.failure.code] += 1
        if event.status is not Status.COMPLETED:
            return
        if event.seq == 1:
            self._figures.from_cache += 1
            return
        self._figures.audio_seconds += event.duration or 0.0
        if times is None:
            return
        if times.started is None:
            self._figures.from_cache += 1
            return
        self._figures.end_to_end.observe(event.at - times.accepted)
        if event.duration:
            self._figures.pace.observe((event.at - times.started) / event.duration)

    def _times(self, event: Event) -> _Times | None:
        if event.seq == 1 and not event.last:
            self._remember(event.job_id, _Times(event.at))
        return self._jobs.get(event.job_id)

    def _remember(self, job_id: str, times: _Times) -> None:
        self._jobs[job_id] = times
        while len(self._jobs) > self._most:
            self._jobs.popitem(last=False)


class ModelMeters:
    """A load is noticed when a model is in memory since a later time than before."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], float] = {}
        self._loads: Counter[str] = Counter()
        self._resident: dict[str, int] = {}

    def take_in(self, reports: Iterable[tuple[str, float, WorkerReport]]) -> None:
        """Workers with their last reports and the times of these."""
        since: dict[tuple[str, str], float] = {}
        self._resident = {}
        for worker, at, report in reports:
            if report.resident:
                self._resident[worker] = report.resident
            for held in report.models:
                if held.state is ModelState.LOADED:
                    since[worker, held.model] = at - held.loaded_for
        for key, at in since.items():
            before = self._since.get(key)
            if before is None or at > before + _APART:
                self._loads[key[1]] += 1
        self._since = since

    def add_to(self, figures: Figures) -> Figures:
        return msgspec.structs.replace(
            figures,
            loads=dict(self._loads),
            loaded=dict(Counter(model for _, model in self._since)),
            resident=self._resident,
        )

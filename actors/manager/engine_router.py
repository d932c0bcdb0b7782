"""The state of the engines, and which job goes to which of them.

The rules are in `retender.scheduling.engine_choice`; here they are given what they depend on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from loguru import logger

from actors.manager.store import JobStore
from actors.manager.worker_registry import WorkerRegistry
from actors.runtime.api import Clock
from retender.errors import EngineUnavailable, Failure
from retender.jobs.job import Job, Task
from retender.jobs.pieces import Piece
from retender.scheduling import engine_changes, transitions
from retender.scheduling.draft import Draft
from retender.scheduling.engine_choice import (
    AUTO,
    QueuedJob,
    choose_engine,
    jobs_to_move,
    shared_engines,
)
from retender.scheduling.estimates import seconds_left
from retender.workers.engine_info import EngineInfo, PoolReport, describe_engine, starting_engine

AVOIDED_SECONDS: Final = 60.0
"""After an engine has failed, no job is moved to it for so long."""

_NEVER: Final = math.inf


class EngineRouter:
    def __init__(
        self,
        store: JobStore,
        registry: WorkerRegistry,
        clock: Clock,
        *,
        engines: Sequence[str],
        spill_after: float | None,
        good_for: float,
    ) -> None:
        """`engines`: those that are set up, the preferred one first. A pool without a report for
        `good_for` seconds may be gone."""
        self._store = store
        self._registry = registry
        self._clock = clock
        self._engines = tuple(engines)
        self._spill_after = spill_after
        self._good_for = good_for
        self._begun = clock.monotonic()
        self._conditions: dict[str, tuple[PoolReport, float]] = {}
        self._avoided: dict[str, float] = {}

    def hear(self, condition: PoolReport) -> None:
        self._conditions[condition.engine] = (condition, self._clock.monotonic())

    def info(self) -> dict[str, EngineInfo]:
        """The engines by name, the preferred one first."""
        return {name: self._describe(name) for name in self._engines}

    def choose(self, job: Job) -> str:
        """The engine for this job. Raises `EngineUnavailable` if there is none."""
        if job.engine in self._engines:
            return job.engine
        return choose_engine(job.options, self._engines)

    def adopt(self, draft: Draft, job_id: str) -> Job:
        """At the start: a job may be with an engine that is no longer set up. With `engine: auto`
        it moves to another; otherwise it waits until the engine is back."""
        job = draft.job(job_id)
        try:
            engine = self.choose(job)
        except EngineUnavailable:
            engine = job.engine or job.options.engine
        return job if engine == job.engine else self._take_on(draft, job, engine)

    def limited_until(self, job: Job) -> float | None:
        """When the limits of the job's engine leave room for it and for the jobs that wait; None if
        they do now, or if there are none."""
        info = self._describe(job.engine or "")
        model = job.model or job.options.model
        if not model and job.options.task is Task.TRANSCRIBE:
            model = next(iter(info.usage), "")
        used = info.usage.get(model)
        return None if used is None else used.until(info.audio_seconds_waiting)

    def declined(self, draft: Draft, piece: Piece, engine: str, wait: float) -> None:
        """A worker returned the piece: its engine's limit is reached for so many seconds."""
        self._avoid(engine, wait)
        job = draft.job(piece.job_id)
        other = self._other(job)
        if job.engine != engine:
            transitions.returned(draft, piece)
        elif other is not None and self._store.estimates.wait(other) < wait:
            self._hand_over(draft, piece, other)
        else:
            engine_changes.declined(draft, piece, wait)

    def given_up(self, draft: Draft, piece: Piece, engine: str, failure: Failure) -> bool:
        """True if the job was moved to another engine because this one cannot do its work."""
        if failure.code != EngineUnavailable.code:
            return False
        self._avoid(engine, max(AVOIDED_SECONDS, failure.retry_after or 0.0))
        job = draft.job(piece.job_id)
        other = self._other(job)
        if job.engine != engine:
            transitions.returned(draft, piece)
        elif other is not None:
            self._hand_over(draft, piece, other)
        else:
            return False
        return True

    def balance(self, draft: Draft) -> None:
        """Move jobs that would wait too long to another engine, if one is faster."""
        for name in self._engines if len(self._engines) > 1 else ():
            if (after := self._after(name)) is None:
                continue
            info = self._describe(name)
            down = not info.ready and not info.starting
            if not down and self._store.estimates.wait(name) < after:
                # If the whole queue is short, no single job waits long: skip the search.
                continue
            target, room = self._target(name)
            if target is None:
                continue
            pace = self._store.estimates.pace(name)
            line = sorted(self._with(name), key=_turn)
            for job in jobs_to_move(line, pace=pace, after=after, down=down, capacity=room):
                self._take_on(draft, job, target)

    def _after(self, name: str) -> float | None:
        """Jobs are moved because of waiting only away from the preferred engine."""
        return self._spill_after if name == self._engines[0] else _NEVER

    def _target(self, name: str) -> tuple[str | None, float]:
        for other in shared_engines(self._engines):
            if other == name or self._avoided.get(other, 0.0) > self._clock.monotonic():
                continue
            info = self._describe(other)
            if info.ready:
                return other, info.available_seconds - info.audio_seconds_waiting
        return None, 0.0

    def _hand_over(self, draft: Draft, piece: Piece, engine: str) -> None:
        transitions.returned(draft, piece)
        self._take_on(draft, draft.job(piece.job_id), engine)

    def _take_on(self, draft: Draft, job: Job, engine: str) -> Job:
        logger.info("job {} goes from {} to {}", job.id, job.engine, engine)
        return engine_changes.engine_changed(draft, job.id, engine)

    def _other(self, job: Job) -> str | None:
        if job.options.engine != AUTO:
            return None
        others = (name for name in shared_engines(self._engines) if name != job.engine)
        return next((name for name in others if self._describe(name).ready), None)

    def _with(self, name: str) -> Iterator[QueuedJob]:
        for entry in self._store.active:
            if entry.job.engine == name:
                yield QueuedJob(entry.job, seconds_left(entry.job))

    def _avoid(self, name: str, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        self._avoided[name] = max(until, self._avoided.get(name, 0.0))

    def _describe(self, name: str) -> EngineInfo:
        now = self._clock.monotonic()
        condition, at = self._conditions.get(name, (None, self._begun))
        fresh = now - at <= self._good_for
        if condition is None and fresh:
            return starting_engine(name)
        reports = [each.report for each in self._registry.all(now) if each.report.engine == name]
        left = self._store.estimates.seconds_left(name)
        return describe_engine(name, condition if fresh else None, reports, left)


def _turn(waiting: QueuedJob) -> tuple[int, float, float]:
    """The order between jobs of one caller, as in `retender.scheduling.fair_queue`."""
    job, seconds = waiting
    return -job.priority, seconds, job.created_at

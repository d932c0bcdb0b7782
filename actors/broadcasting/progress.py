"""The progress of each job, as far as the Broadcaster knows."""

from __future__ import annotations

from actors.runtime.api import Clock
from retender.jobs.events import Event, TransientProgress
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.pieces import UPLOAD
from retender.jobs.states import Stage, Status
from retender.scheduling.pace import Pace, observe, remaining

ALMOST = 99.0
"""The highest progress before the completion is committed; only that event says 100."""


MEASURE_EVERY = 0.2
"""Seconds between two measurements of a job's pace."""


class Track:
    """One job: committed progress, pieces under way, and the highest progress shown."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        self._begun = False
        self._under_way: dict[int, float] = {}
        self._waits: dict[int, tuple[Stage, Note]] = {}
        """What pieces under way wait for (a download, a limit); the latest comes last."""
        self._waited = False
        self._seq = 0
        self._committed = 0.0
        self._duration: float | None = None
        self._shown = 0.0
        self._status = Status.QUEUED
        self._stage = Stage.QUEUED
        self._note = Note("queued")
        self._pace = Pace()
        self._measured: tuple[float, float] | None = None
        self._ended = False
        self.latest: TransientProgress | None = None

    def begin(self, job: Job) -> None:
        """Start from the job's row, if none of its events has been received."""
        if not self._begun:
            self._seq, self._committed, self._duration = job.seq, job.seconds_done, job.duration
            self._status, self._stage, self._note = job.status, job.stage, job.note
            self._shown = max(self._shown, job.progress)

    def add(self, event: Event) -> None:
        self._begun = True
        self._seq, self._committed, self._duration = event.seq, event.seconds_done, event.duration
        self._shown = max(self._shown, event.progress)
        self._status, self._stage, self._note = event.status, event.stage, event.note
        self._ended = event.last
        if event.piece is not None:
            self._under_way.pop(event.piece, None)
            self._waits.pop(event.piece, None)
        if event.stage is not Stage.UPLOADING:
            self._under_way.pop(UPLOAD, None)
            self._waits.pop(UPLOAD, None)
        if event.last:
            self._under_way.clear()
            self._waits.clear()
            self._waited = False
        self.latest = self._now(event.at)

    def under_way(
        self, piece: int, seconds: float, clock: Clock, wait: tuple[Stage, Note] | None = None
    ) -> TransientProgress | None:
        """Note how far a piece is, or what it waits for. Returns the progress to send; None before
        the plan (unless the piece waits) and after the end."""
        if self._ended or (piece == UPLOAD and self._stage is not Stage.UPLOADING):
            return None
        self._under_way[piece] = max(seconds, self._under_way.get(piece, 0.0))
        self._waits.pop(piece, None)
        if wait is not None:
            self._waits[piece] = wait
            self._waited = True
        if self._duration:
            self._shown = max(self._shown, min(ALMOST, 100.0 * self._done / self._duration))
            self._measure(self._done, clock.monotonic())
        self.latest = self._now(clock.now())
        return self.latest

    @property
    def _done(self) -> float:
        return self._committed + sum(self._under_way.values())

    def _now(self, at: float) -> TransientProgress | None:
        """The present progress: never less than what is committed. None before the plan (unless a
        piece waits) and after the end."""
        if self._ended or not (self._duration or self._waited):
            return None
        left = max(0.0, (self._duration or 0.0) - self._done)
        stage, note = self._stage_and_note
        return TransientProgress(
            job_id=self._job_id,
            at=at,
            status=self._status,
            stage=stage,
            progress=self._shown,
            note=note,
            estimated_time_remaining=remaining(self._pace, left, 1),
            after=self._seq,
        )

    @property
    def _stage_and_note(self) -> tuple[Stage, Note]:
        """Stage and note: a wait is shown only if every piece under way waits."""
        if self._waits and self._waits.keys() >= self._under_way.keys():
            return next(reversed(self._waits.values()))
        return self._stage, self._note

    def _measure(self, done: float, now: float) -> None:
        """The pace of the whole job, however many workers it has."""
        if self._measured is None:
            self._measured = (done, now)
            return
        before, at = self._measured
        if done > before and now - at >= MEASURE_EVERY:
            self._pace = observe(self._pace, done - before, now - at)
            self._measured = (done, now)

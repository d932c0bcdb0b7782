"""Jobs told as the writes that a JobManager would commit: one follows from the other."""

from __future__ import annotations

from typing import Any

import msgspec

from retender.jobs.events import EventKind
from retender.jobs.job import Job, first_step, step
from retender.jobs.messages import Note
from retender.jobs.pieces import Piece, PieceState
from retender.jobs.states import TERMINAL, Stage, Status
from retender.journal.api import Append, Grant, SaveJob, Settle, Write
from retender.storage.audio import Audio
from retender.transcript.chunks import Chunk, ChunkResult
from retender.transcript.segments import Segment, Word

_KINDS = {
    Status.COMPLETED: EventKind.COMPLETED,
    Status.FAILED: EventKind.ERROR,
    Status.CANCELLED: EventKind.CANCELLED,
}


def audio(number: int) -> Audio:
    return Audio(f"{number:064x}", 1000 + number)


def segment(number: int) -> Segment:
    words = (Word("straße", number, number + 0.5), Word("\N{SNOWMAN}", number + 0.5, number + 1.0))
    return Segment(number, float(number), number + 1.0, f"straße \N{SNOWMAN} {number}", words=words)


def segments(start: int, end: int) -> tuple[Segment, ...]:
    return tuple(segment(number) for number in range(start, end))


def result(number: int) -> ChunkResult:
    return ChunkResult(segments(number, number + 2), "es", 0.75)


def piece(job_id: str, index: int, **fields: Any) -> Piece:
    chunk = Chunk(index * 16_000, (index + 1) * 16_000) if index else None
    return Piece(job_id=job_id, index=index, chunk=chunk, **fields)


def leased(waiting: Piece, token: str) -> Piece:
    return msgspec.structs.replace(
        waiting, state=PieceState.LEASED, token=token, attempts=waiting.attempts + 1
    )


def done(out: Piece) -> Piece:
    return msgspec.structs.replace(out, state=PieceState.DONE, token=None)


def grant(waiting: Piece, token: str) -> Grant:
    return Grant(leased(waiting, token))


def settle(waiting: Piece, token: str, heard: ChunkResult | None = None) -> Settle:
    return Settle(token, done(leased(waiting, token)), heard)


class Story:
    """Keeps count of jobs, numbers and positions, as the only writer does."""

    def __init__(self) -> None:
        self.position = 0
        self.jobs: dict[str, Job] = {}

    def begin(self, job_id: str, *, at: float = 1.0, **fields: Any) -> list[Write]:
        fields = {"owner": "ana", "status": Status.QUEUED, "stage": Stage.QUEUED, **fields}
        job, event = first_step(Job(id=job_id, created_at=at, **fields), at=at, note=Note("queued"))
        return self._written(job, event)

    def tell(
        self, job_id: str, status: Status | None = None, *, at: float = 2.0, **changes: Any
    ) -> list[Write]:
        if status in TERMINAL:
            changes.setdefault("completed_at", at)
        job, event = step(
            self.jobs[job_id],
            at=at,
            note=Note("transcribing", {"n": 1, "total": 2}),
            status=status,
            kind=_KINDS.get(status, EventKind.PROGRESS) if status else EventKind.PROGRESS,
            **changes,
        )
        return self._written(job, event)

    def whole(self, job_id: str, end: Status, *, at: float = 2.0, **fields: Any) -> list[Write]:
        """A job from its beginning to its end."""
        return [
            *self.begin(job_id, at=at, **fields),
            *self.tell(job_id, Status.PROCESSING, at=at),
            *self.tell(job_id, end, at=at),
        ]

    def _written(self, job: Job, event: Any) -> list[Write]:
        self.position += 1
        self.jobs[job.id] = job
        return [SaveJob(job), Append(msgspec.structs.replace(event, position=self.position))]

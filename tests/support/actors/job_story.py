"""A board on which one job moves by the rulings alone."""

from __future__ import annotations

import msgspec

from retender.jobs.job import Job, Options
from retender.jobs.pieces import PREPARATION, Piece
from retender.jobs.states import Stage, Status
from retender.scheduling import transitions
from retender.scheduling.draft import ActiveJobs, Draft
from retender.scheduling.transitions import UsedModel
from retender.storage.audio import Audio
from retender.transcript.chunks import SAMPLE_RATE, Chunk, ChunkResult, Plan
from retender.transcript.segments import Segment

AUDIO = Audio("a" * 64, 1000)
MADE = UsedModel("local", "medium")
SECOND = SAMPLE_RATE


class Table:
    """A board on which one job moves."""

    def __init__(self, status: Status = Status.QUEUED) -> None:
        self.active = ActiveJobs({})
        self.tokens = 0
        job = Job(
            id="j",
            owner="ana",
            status=status,
            stage=Stage.QUEUED,
            created_at=0.0,
            audio=None if status is Status.PENDING else AUDIO,
        )
        draft = self.draft()
        transitions.accept(draft, job, None)
        self.active.merge(draft)

    @property
    def job(self) -> Job:
        return self.active["j"].job

    def draft(self) -> Draft:
        return Draft(self.active, at=5.0, position=0)

    def piece(self, index: int) -> Piece:
        return self.active["j"].pieces[index]

    def ask(self, options: Options) -> None:
        entry = self.active["j"]
        entry.job = msgspec.structs.replace(entry.job, options=options)

    def give(self, index: int) -> Piece:
        self.tokens += 1
        draft = self.draft()
        piece = transitions.grant(draft, "j", index, f"t{self.tokens}")
        self.active.merge(draft)
        return piece

    def prepare(self, *chunks: Chunk, duration: float | None = None) -> Draft:
        draft = self.draft()
        end = chunks[-1].end / SAMPLE_RATE if chunks else 0.0
        plan = Plan(end if duration is None else duration, chunks)
        transitions.prepared(draft, self.give(PREPARATION), plan, MADE)
        self.active.merge(draft)
        return draft

    def done(self, index: int, *texts: str, language: str | None = None) -> Draft:
        draft = self.draft()
        piece = self.give(index)
        assert piece.chunk is not None
        start = piece.chunk.start / SAMPLE_RATE
        each = piece.chunk.seconds / max(1, len(texts))
        segments = tuple(
            Segment(0, start + n * each, start + (n + 0.9) * each, text)
            for n, text in enumerate(texts)
        )
        transitions.transcribed(draft, piece, ChunkResult(segments, language, 0.9), MADE)
        self.active.merge(draft)
        return draft


def chunks(*seconds: int) -> tuple[Chunk, ...]:
    ends = [sum(seconds[: n + 1]) for n in range(len(seconds))]
    return tuple(
        Chunk((end - length) * SECOND, end * SECOND)
        for end, length in zip(ends, seconds, strict=True)
    )

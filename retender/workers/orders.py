"""What the JobManager and a worker tell each other: orders, outcomes, renewed leases."""

from __future__ import annotations

import enum

import msgspec

from retender.errors import Failure
from retender.jobs.job import Job, Options
from retender.jobs.pieces import PREPARATION, Piece
from retender.storage.audio import Audio
from retender.transcript.chunks import Chunk, ChunkResult, Plan
from retender.workers.reports import ModelCommand


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One piece for one worker, under a lease."""

    token: str
    job_id: str
    index: int
    attempt: int
    audio: Audio
    options: Options
    chunk: Chunk | None = None


class Prepared(msgspec.Struct, frozen=True, tag=True):
    token: str
    plan: Plan
    engine: str = ""
    model: str = ""
    asked: str = ""
    """The model that was asked for, where another had to be used."""


class Transcribed(msgspec.Struct, frozen=True, tag=True):
    token: str
    result: ChunkResult
    engine: str = ""
    model: str = ""
    asked: str = ""


class Broke(msgspec.Struct, frozen=True, tag=True):
    token: str
    failure: Failure


class Dropped(msgspec.Struct, frozen=True, tag=True):
    """Given back untouched: the worker is stopping. Not an attempt."""

    token: str


class Declined(msgspec.Struct, frozen=True, tag=True):
    """Given back untouched: the engine has no room for it. Not an attempt."""

    token: str
    wait: float
    """Seconds until there may be room."""


Outcome = Prepared | Transcribed | Broke | Dropped | Declined


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A worker turns in what it has and asks for more."""

    worker: str
    instance: str
    """Tells one life of the worker from the next under the same name."""
    outcomes: tuple[Outcome, ...] = ()
    want: int = 0
    lanes: int = 1
    """How many of its batches are worked on side by side: none of them takes what is left alone."""
    wait: float = 0.0
    """How long an answer without orders may be held back in case something comes."""
    engines: tuple[str, ...] = ("local",)


class Orders(msgspec.Struct, frozen=True):
    orders: tuple[Order, ...] = ()
    lost: tuple[str, ...] = ()
    """Tokens among the outcomes that no longer counted."""


class Verdict(enum.StrEnum):
    GO_ON = "go_on"
    CANCELLED = "cancelled"
    LOST = "lost"


class Renewed(msgspec.Struct, frozen=True):
    """The answer to a sign of life: what to go on with, and what is wished beside."""

    verdicts: dict[str, Verdict] = {}
    commands: tuple[ModelCommand, ...] = ()


def line(index: int, job: Job) -> str:
    """What must be alike for two pieces to be worked on in one batch."""
    if index == PREPARATION:
        return f"{job.engine}/preparation"
    asked = job.options
    what = (job.engine, asked.model, asked.task, asked.word_timestamps, asked.temperature)
    return "/".join(map(str, what))


def order(piece: Piece, job: Job) -> Order:
    assert piece.token is not None
    assert job.audio is not None
    return Order(
        token=piece.token,
        job_id=job.id,
        index=piece.index,
        attempt=piece.attempts,
        audio=job.audio,
        options=job.options,
        chunk=piece.chunk,
    )

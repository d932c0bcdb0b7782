"""The messages of leases: a worker sends outcomes and heartbeats, the JobManager sends orders."""

from __future__ import annotations

import enum

import msgspec

from retender.audio.peaks import Peaks
from retender.errors import Failure
from retender.jobs.job import Job, Options
from retender.jobs.pieces import PREPARATION, Piece
from retender.storage.audio import Audio
from retender.transcript.chunks import Chunk, ChunkResult, Plan
from retender.transcript.languages import LanguageShare
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
    model: str = ""
    """The model that the job was prepared for, by the engine that has the job; empty if unknown."""


class Prepared(msgspec.Struct, frozen=True, tag=True):
    token: str
    plan: Plan
    engine: str = ""
    model: str = ""
    requested_model: str = ""
    """The model that the caller asked for, if another one had to be used; else empty."""
    peaks: Peaks | None = None
    """None if nothing was decoded."""
    model_missing: bool = False
    """That model cannot be had; if False, it does not fit into memory."""
    language_candidates: tuple[LanguageShare, ...] = ()
    """The most probable languages, if the language was looked for."""


class Transcribed(msgspec.Struct, frozen=True, tag=True):
    token: str
    result: ChunkResult
    engine: str = ""
    model: str = ""
    requested_model: str = ""


class Failed(msgspec.Struct, frozen=True, tag=True):
    token: str
    failure: Failure


class Returned(msgspec.Struct, frozen=True, tag=True):
    """Not started, as the worker is stopping. It does not count as an attempt."""

    token: str


class Declined(msgspec.Struct, frozen=True, tag=True):
    """Not started, as the engine's limits leave no capacity. It does not count as an attempt."""

    token: str
    wait: float
    """Seconds until there may be capacity."""


Outcome = Prepared | Transcribed | Failed | Returned | Declined


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A worker sends its outcomes and asks for more pieces."""

    worker: str
    instance: str
    """Differs between the instances of a worker that restarts under the same name."""
    outcomes: tuple[Outcome, ...] = ()
    want: int = 0
    """How many pieces at most."""
    lanes: int = 1
    """Batches that this worker does side by side."""
    wait: float = 0.0
    """Seconds of the long poll: so long an answer without orders may wait for one."""
    engines: tuple[str, ...] = ("local",)


class Orders(msgspec.Struct, frozen=True):
    orders: tuple[Order, ...] = ()
    lost: tuple[str, ...] = ()
    """Tokens of outcomes that came too late: their leases were over."""


class LeaseState(enum.StrEnum):
    """What a heartbeat learns of a lease."""

    ACTIVE = "go_on"
    CANCELLED = "cancelled"
    """The job is over: the worker stops working on the piece."""
    LOST = "lost"
    """Another worker has or had the piece: an outcome would not count."""


class Renewal(msgspec.Struct, frozen=True):
    """The answer to a heartbeat: the state of each lease, and commands for models."""

    leases: dict[str, LeaseState] = {}
    commands: tuple[ModelCommand, ...] = ()


def batch_key(index: int, job: Job) -> str:
    """Pieces may share a batch if this is equal."""
    if index == PREPARATION:
        return f"{job.engine}/preparation"
    options = job.options
    parts = (job.model or options.model, options.task, options.word_timestamps, options.temperature)
    return "/".join(map(str, (job.engine, *parts)))


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
        model="" if piece.index == PREPARATION else job.model or "",
    )

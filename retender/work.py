"""The pieces a job is made of, and what manager and workers tell each other about them.

Piece 0 is the preparation: it turns the upload into samples and a plan. Pieces 1 to n are the
chunks of that plan. A piece is `waiting`, `leased` to one worker under a token, `done`, or
`failed` for good; it is the unit of dispatch, retry, checkpoint and cancellation.
"""

from __future__ import annotations

import enum

import msgspec

from retender.chunks import Chunk, ChunkResult, Plan
from retender.engines.reports import Wish
from retender.errors import Failure
from retender.jobs import Audio, Job, Options

PREPARATION = 0

UPLOAD = -1
"""No piece: the upload of a job that has none yet, where it is told how far that is."""


class PieceState(enum.StrEnum):
    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    job_id: str
    index: int
    chunk: Chunk | None = None
    state: PieceState = PieceState.WAITING
    token: str | None = None
    attempts: int = 0
    """How often it was given to a worker and that counted."""
    crashes: int = 0
    """How often the worker that held it died or fell silent."""
    interruptions: int = 0
    """How often the manager died while it was out: no fault of its own, unless it recurs."""
    failure: Failure | None = None

    @property
    def seconds(self) -> float:
        return self.chunk.seconds if self.chunk is not None else 0.0

    @property
    def suspect(self) -> bool:
        """May be what kills its workers: it is worked on alone, so that no other dies with it."""
        return self.crashes > 0 or self.interruptions > 1


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
    life: str
    """Tells one life of the worker from the next under the same name."""
    outcomes: tuple[Outcome, ...] = ()
    want: int = 0
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
    wishes: tuple[Wish, ...] = ()


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

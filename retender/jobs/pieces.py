"""The pieces a job is made of.

Piece 0 is the preparation: it turns the upload into samples and a plan. Pieces 1 to n are the
chunks of that plan. A piece is `waiting`, `leased` to one worker under a token, `done`, or
`failed` for good; it is the unit of dispatch, retry, checkpoint and cancellation.
"""

from __future__ import annotations

import enum

import msgspec

from retender.errors import Failure
from retender.transcript.chunks import Chunk

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

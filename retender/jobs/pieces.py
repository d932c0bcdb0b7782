"""The pieces of a job: the units of dispatch, retry, checkpoint and cancellation.

Piece 0 is the preparation: it turns the upload into samples and a plan. Pieces 1 to n are the
chunks of that plan. A piece is `waiting`, `leased` to one worker under a token, `done`, or
`failed` for good.
"""

from __future__ import annotations

import enum

import msgspec

from retender.errors import Failure
from retender.transcript.chunks import Chunk

PREPARATION = 0

UPLOAD = -1
"""Not a piece: stands for the upload where the progress of a job without pieces is reported."""


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
    """How often it was leased, without the times that do not count."""
    crashes: int = 0
    """How often the worker that held it died or went silent."""
    interruptions: int = 0
    """How often the manager restarted while it was leased: not its fault, unless that recurs."""
    failure: Failure | None = None

    @property
    def seconds(self) -> float:
        return self.chunk.seconds if self.chunk is not None else 0.0

    @property
    def counted_seconds(self) -> float:
        """So many seconds of the recording are done when it is."""
        return self.chunk.counted_seconds if self.chunk is not None else 0.0

    @property
    def suspect(self) -> bool:
        """True if it may be what kills its workers: it is then worked on alone."""
        return self.crashes > 0 or self.interruptions > 1

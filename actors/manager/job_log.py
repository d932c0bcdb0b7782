"""Log lines about jobs: how they ended, and which piece failed at which worker. Only codes,
never sentences: those may tell of the recording.
"""

from __future__ import annotations

from collections.abc import Iterable

from loguru import logger

from retender.errors import Failure
from retender.jobs.events import Event
from retender.jobs.pieces import Piece
from retender.scheduling.dispatcher import Lease


def told(events: Iterable[Event]) -> None:
    """Log the ends of jobs, after the commit."""
    for event in events:
        if event.last:
            code = None if event.failure is None else event.failure.code
            logger.bind(job=event.job_id, code=code).info("job {}", event.status)


def went_wrong(piece: Piece, lease: Lease, failure: Failure) -> None:
    logger.bind(
        job=piece.job_id,
        chunk=piece.index,
        attempt=piece.attempts,
        worker=lease.worker,
        code=failure.code,
    ).warning("a piece went wrong")

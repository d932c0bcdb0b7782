"""Log lines about jobs: how they ended, and which piece failed at which worker. Only codes,
never sentences: those may tell of the recording.
"""

from __future__ import annotations

from loguru import logger

from retender.errors import Failure
from retender.jobs.job import Job
from retender.jobs.pieces import Piece
from retender.scheduling.dispatcher import Lease
from retender.scheduling.draft import Draft


def told(draft: Draft) -> None:
    """Log the ends of jobs, after the commit."""
    for event in draft.events:
        if event.last:
            code = None if event.failure is None else event.failure.code
            logger.bind(**draft.jobs[event.job_id].log_keys, code=code).info("job {}", event.status)


def went_wrong(job: Job, piece: Piece, lease: Lease, failure: Failure) -> None:
    logger.bind(
        **job.log_keys,
        chunk=piece.index,
        attempt=piece.attempts,
        worker=lease.worker,
        code=failure.code,
    ).warning("a piece went wrong")

"""What follows when an engine has no room for a piece, or when another engine takes a job on.

Rulings like those in `retender.scheduling.transitions`: each takes a draft and a fact.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

import msgspec

from retender.jobs.job import Job, step
from retender.jobs.messages import Note
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.states import Stage
from retender.scheduling import transitions
from retender.scheduling.draft import Draft
from retender.scheduling.limits import LIMIT_CHECK_SECONDS

_SAME_SECONDS: Final = 30.0
"""By so little two waits do not differ."""


def declined(draft: Draft, piece: Piece, wait: float) -> None:
    """Its engine has no room for it for so many seconds: none for the rest of its job, either."""
    transitions.returned(draft, piece)
    job = draft.job(piece.job_id)
    draft.job_delays[job.id] = min(wait, LIMIT_CHECK_SECONDS)
    until = draft.at + wait
    if job.limited_until is not None and abs(job.limited_until - until) < _SAME_SECONDS:
        return
    note = _waiting(job, until, wait)
    job, event = step(
        job, at=draft.at, note=note, stage=Stage.QUEUED, piece=piece.index, limited_until=until
    )
    draft.save(job, event)


def engine_changed(draft: Draft, job_id: str, engine: str) -> Job:
    """Another engine goes on with the job. What is done stays done, what is in hand may still be
    turned in. Where the upload was to be sent as it came, there is nothing to go on with: the job
    is prepared anew."""
    job = draft.job(job_id)
    pieces = draft.pieces_of(job_id)
    changed = msgspec.structs.replace(job, engine=engine, limited_until=None)
    if job.whole and all(_to_do(piece) for piece in pieces if piece.index != PREPARATION):
        draft.replace_pieces(job_id, (Piece(job_id=job_id, index=PREPARATION),))
        changed = msgspec.structs.replace(changed, whole=False, chunks=0)
    draft.rerouted.add(job_id)
    stage = Stage.UPLOADING if job.audio is None else Stage.QUEUED
    note = Note("taken_on", {"engine": engine})
    job, event = step(changed, at=draft.at, note=note, stage=stage)
    draft.save(job, event)
    return job


def _to_do(piece: Piece) -> bool:
    return piece.state is PieceState.WAITING


def _waiting(job: Job, until: float, seconds: float) -> Note:
    """Until when, in the time of the world: whoever reads it later is not misled."""
    clock = datetime.fromtimestamp(until, UTC).strftime("%H:%M")
    minutes = max(1, math.ceil(seconds / 60))
    args: dict[str, str | int | float] = {
        "engine": (job.engine or "").capitalize(),
        "until": clock,
        "minutes": minutes,
    }
    return Note("waiting_for_room", args)

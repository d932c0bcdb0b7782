"""Transitions between engines: a rate limit declines a piece, or a job moves to another engine.

They follow the rules of `retender.scheduling.transitions`: each takes a draft and a fact.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

import msgspec

from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.states import Stage
from retender.scheduling import transitions
from retender.scheduling.draft import Draft
from retender.scheduling.limits import LIMIT_CHECK_SECONDS

_SAME_SECONDS: Final = 30.0
"""If a limit ends earlier or later by less than this, no new event is made."""


def declined(draft: Draft, piece: Piece, wait: float) -> None:
    """The engine's limit leaves no capacity for `wait` seconds: the whole job waits for it."""
    transitions.returned(draft, piece)
    job = draft.job(piece.job_id)
    draft.job_delays[job.id] = min(wait, LIMIT_CHECK_SECONDS)
    until = draft.at + wait
    if job.limited_until is not None and abs(job.limited_until - until) < _SAME_SECONDS:
        return
    # A clock time in UTC stays true for a client that reads it later.
    clock = datetime.fromtimestamp(until, UTC).strftime("%H:%M")
    minutes = max(1, math.ceil(wait / 60))
    engine = (job.engine or "").capitalize()
    note = Note("waiting_for_room", {"engine": engine, "until": clock, "minutes": minutes})
    draft.step(job, note, stage=Stage.QUEUED, piece=piece.index, limited_until=until)


def engine_changed(draft: Draft, job_id: str, engine: str) -> Job:
    """Another engine continues the job. Finished pieces stay finished, and results of leased ones
    still count. If the upload was to be sent whole, without decoding, there are no chunks to
    continue with: the job is prepared again."""
    job = draft.job(job_id)
    changed = msgspec.structs.replace(
        job, engine=engine, limited_until=None, model=None, requested_model=None
    )
    chunks = [piece for piece in draft.pieces_of(job_id) if piece.index != PREPARATION]
    if job.whole and all(piece.state is PieceState.WAITING for piece in chunks):
        draft.replace_pieces(job_id, (Piece(job_id=job_id, index=PREPARATION),))
        changed = msgspec.structs.replace(changed, whole=False, chunks=0)
    draft.rerouted.add(job_id)
    stage = Stage.UPLOADING if job.audio is None else Stage.QUEUED
    return draft.step(changed, Note("taken_on", {"engine": engine}), stage=stage)

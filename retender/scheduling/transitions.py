"""Transitions: what follows from each thing that can happen to a job.

    what happened                 transition     the piece                      the job
    a job was submitted           accept         piece 0 is added               pending, queued
    its audio is complete         audio_arrived  piece 0 is added               queued
    its caller changed its mind   options_changed                               completed if known
    a piece goes to a worker      grant          waiting -> leased              processing
    the recording was prepared    prepared       leased -> done, chunks added
    a chunk was transcribed       transcribed    leased -> done                 completed if last
    the work on a piece failed    failed         leased -> waiting, or failed   failed if last
    the worker died or is silent  worker_lost    as `failed`, one more crash    as `failed`
    the worker returned a piece   returned       leased -> waiting
    the manager restarted         interrupted    leased -> waiting, or failed   as `failed`
    the job cannot be completed   fail_job       leased -> waiting              failed
    the caller cancelled it       cancel         all are dropped                cancelled
    the caller retried it         retry          all but done -> waiting        queued

Each transition is a pure function of a draft and a fact: it reads only the draft, and writes the
consequences into it. All changes of a draft are committed in one transaction.
"""

from __future__ import annotations

import msgspec

from retender.errors import Failure, WorkerCrashed
from retender.jobs.events import EventKind
from retender.jobs.job import Job, Options, first_step
from retender.jobs.messages import Note
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.retry import GiveUp, RetryPolicy, decide
from retender.jobs.states import Stage, Status
from retender.jobs.trace import next_run
from retender.scheduling.draft import Draft
from retender.scheduling.engine_choice import base_engine
from retender.scheduling.limits import INTERRUPTIONS, SEGMENTS_PER_EVENT
from retender.scheduling.release import releasable
from retender.storage.audio import Audio
from retender.transcript.chunks import ChunkResult, Plan
from retender.transcript.languages import LanguageShare


class UsedModel(msgspec.Struct, frozen=True):
    """The engine and model that made a result."""

    engine: str = ""
    model: str = ""
    requested_model: str = ""
    """The model that the caller asked for, if another one had to be used; else empty."""
    missing: bool = False
    """That model cannot be had; if False, it does not fit into memory."""

    @property
    def note(self) -> Note | None:
        """Tells the caller that another model is used; None if it is the one asked for."""
        if not self.requested_model:
            return None
        key = "model_missing" if self.missing else "smaller_model"
        return Note(key, {"asked": self.requested_model, "used": self.model})


def accept(draft: Draft, job: Job, known: Job | None) -> Job:
    """A job was submitted. `known` is a completed job with the same audio and options: the new one
    completes at once with a copy of its transcript."""
    if known is not None:
        job = _completed_like(draft, job, known)
        note = _how_it_ended(job)
    else:
        note = Note("uploading" if job.audio is None else "queued")
    job, event = first_step(job, at=draft.at, note=note)
    draft.save(job, event)
    if job.status is Status.QUEUED:
        draft.add((Piece(job_id=job.id, index=PREPARATION),))
    return job


def audio_arrived(draft: Draft, job_id: str, audio: Audio, known: Job | None) -> Job:
    """The audio of a pending job is complete. `known`: see `accept`."""
    job = msgspec.structs.replace(draft.job(job_id), audio=audio)
    if known is not None:
        return _completed_meanwhile(draft, job, known)
    trace = job.trace and msgspec.structs.replace(job.trace, queued=draft.at)
    job = draft.step(job, Note("queued"), status=Status.QUEUED, stage=Stage.QUEUED, trace=trace)
    draft.add((Piece(job_id=job_id, index=PREPARATION),))
    return job


def options_changed(
    draft: Draft, job_id: str, options: Options, engine: str | None, known: Job | None
) -> Job:
    """The caller changed the options of a job that no worker has begun. `known`: see `accept`."""
    job = draft.job(job_id)
    came_with = job.submitted or job.options
    job = msgspec.structs.replace(
        job, options=options, submitted=came_with, engine=engine, limited_until=None
    )
    if known is not None:
        draft.drop_pieces(job_id)
        return _completed_meanwhile(draft, job, known)
    draft.rerouted.add(job_id)
    return draft.step(job, Note("options_changed"))


def grant(draft: Draft, job_id: str, index: int, token: str) -> Piece:
    """A piece goes to a worker under a lease."""
    piece = draft.piece(job_id, index)
    piece = msgspec.structs.replace(
        piece, state=PieceState.LEASED, token=token, attempts=piece.attempts + 1
    )
    draft.grant(piece)
    job = draft.job(job_id)
    stage, note = _working_on(job, index)
    # While its engine's rate limit lasts, a job goes on being shown as waiting for it.
    limited = job.limited_until is not None and draft.at < job.limited_until
    if job.status is Status.QUEUED or (job.stage is not stage and not limited):
        draft.step(
            job,
            note,
            status=Status.PROCESSING,
            stage=stage,
            started_at=draft.at if job.started_at is None else job.started_at,
            limited_until=None,
        )
    return piece


def prepared(
    draft: Draft,
    piece: Piece,
    plan: Plan,
    used: UsedModel,
    candidates: tuple[LanguageShare, ...] = (),
) -> None:
    """The recording is decoded and cut: its chunks can be given out. `candidates`: its most
    probable languages, if they were looked for."""
    _settle(draft, piece, PieceState.DONE)
    chunks = tuple(
        Piece(job_id=piece.job_id, index=index, chunk=chunk)
        for index, chunk in enumerate(plan.chunks, start=1)
    )
    if chunks:
        draft.add(chunks)
    job = draft.job(piece.job_id)
    draft.step(
        job,
        used.note or Note("transcribing", {"n": 1, "total": max(1, len(chunks))}),
        stage=Stage.TRANSCRIBING,
        piece=PREPARATION,
        duration=plan.duration,
        chunks=len(chunks),
        engine=job.engine or used.engine or None,
        whole=plan.whole,
        model=used.model or None,
        requested_model=used.requested_model or None,
        language_candidates=candidates,
        # Seconds that no chunk counts are done with the plan.
        seconds_done=max(0.0, plan.duration - sum(chunk.counted_seconds for chunk in plan.chunks)),
    )
    _finish_if_all_done(draft, job.id)


def transcribed(draft: Draft, piece: Piece, result: ChunkResult, used: UsedModel) -> None:
    """A chunk has its text. The text joins the transcript once all chunks before it have joined."""
    chunk = piece.chunk
    assert chunk is not None
    _settle(draft, piece, PieceState.DONE, result)
    job = draft.job(piece.job_id)
    seconds = dict(job.seconds_by_language)
    if result.language is not None and result.segments:
        seconds[result.language] = seconds.get(result.language, 0.0) + chunk.seconds
    ready = releasable(draft, job)
    if base_engine(used.engine) != base_engine(job.engine or used.engine):
        # A late result of the engine that had the job before.
        used = UsedModel()
    job = msgspec.structs.replace(
        job,
        chunks_done=job.chunks_done + 1,
        seconds_done=job.seconds_done + chunk.counted_seconds,
        seconds_by_language=seconds,
        language=max(seconds, key=lambda code: (seconds[code], code), default=job.language),
        language_probability=_surer(job.language_probability, result.language_probability),
        engine=job.engine or used.engine or None,
        model=used.model or job.model,
        requested_model=used.requested_model or job.requested_model,
    )
    if ready.upto > job.released:
        draft.release(job.id, job.released, ready.upto, ready.segments)
        job = msgspec.structs.replace(job, released=ready.upto, seam=ready.seam)
    _, note = _working_on(job, piece.index)
    for start in range(0, max(1, len(ready.segments)), SEGMENTS_PER_EVENT):
        segments = ready.segments[start : start + SEGMENTS_PER_EVENT]
        job = draft.step(job, note, stage=Stage.TRANSCRIBING, segments=segments, piece=piece.index)
    _finish_if_all_done(draft, job.id)


def failed(
    draft: Draft, piece: Piece, failure: Failure, policy: RetryPolicy, random: float
) -> None:
    """The work on a piece failed: it is retried after a delay, or has failed for good."""
    decision = decide(policy, piece.attempts, failure, random)
    if isinstance(decision, GiveUp):
        _fail_piece(draft, piece, failure)
        return
    _settle(draft, piece, PieceState.WAITING, failure=failure)
    draft.delays[piece.job_id, piece.index] = decision.delay
    job, attempt = draft.job(piece.job_id), piece.attempts + 1
    draft.step(
        job,
        Note("retrying", {"attempt": attempt, "limit": policy.attempts}),
        stage=Stage.RETRYING,
        piece=piece.index,
        attempt=max(job.attempt, attempt),
    )


def worker_lost(
    draft: Draft, piece: Piece, failure: Failure, policy: RetryPolicy, random: float
) -> None:
    """The worker died or went silent while it held this piece: the piece may be the cause."""
    piece = msgspec.structs.replace(piece, crashes=piece.crashes + 1)
    failed(draft, piece, failure, policy, random)


def returned(draft: Draft, piece: Piece) -> None:
    """The worker did not start it, or never got it: this does not count as an attempt."""
    piece = msgspec.structs.replace(piece, attempts=max(0, piece.attempts - 1))
    _settle(draft, piece, PieceState.WAITING, failure=piece.failure)


def interrupted(draft: Draft, piece: Piece) -> None:
    """The manager restarted while the piece was leased: the lease is void. If this recurs, the
    piece is taken to be the cause, and fails."""
    interruptions = piece.interruptions + 1
    piece = msgspec.structs.replace(piece, interruptions=interruptions)
    if interruptions < INTERRUPTIONS:
        returned(draft, piece)
        return
    sentence = f"the service died {INTERRUPTIONS} times while this was being worked on"
    piece = msgspec.structs.replace(piece, attempts=max(0, piece.attempts - 1))
    _fail_piece(draft, piece, WorkerCrashed(sentence).failure())


def cancel(draft: Draft, job_id: str) -> Job:
    """The caller cancelled the job."""
    job = draft.step(
        draft.job(job_id),
        Note("cancelled"),
        status=Status.CANCELLED,
        kind=EventKind.CANCELLED,
        completed_at=draft.at,
    )
    draft.drop_pieces(job_id)
    return job


def fail_job(draft: Draft, job_id: str, failure: Failure) -> Job:
    """The job cannot be completed. Leases are cancelled; finished pieces keep their text."""
    for piece in draft.pieces_of(job_id):
        if piece.state is PieceState.LEASED:
            _reset(draft, piece, attempts=max(0, piece.attempts - 1))
    return draft.step(
        draft.job(job_id),
        Note("failed"),
        status=Status.FAILED,
        kind=EventKind.ERROR,
        failure=failure,
        completed_at=draft.at,
    )


def retry(draft: Draft, job_id: str) -> Job:
    """The caller retried a failed job: finished pieces stay, the others start from zero."""
    pieces = draft.pieces_of(job_id)
    for piece in pieces:
        if piece.state is not PieceState.DONE:
            _reset(draft, piece, attempts=0, crashes=0, interruptions=0, failure=None)
    job = draft.job(job_id)
    job = draft.step(
        job,
        Note("queued"),
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        failure=None,
        completed_at=None,
        chunks_failed=0,
        attempt=1,
        trace=job.trace and next_run(job.trace, draft.at),
    )
    if not pieces:
        draft.add((Piece(job_id=job_id, index=PREPARATION),))
    return job


def _completed_meanwhile(draft: Draft, job: Job, known: Job) -> Job:
    """An unfinished job turns out to be the same as the known one."""
    completed = _completed_like(draft, job, known)
    return draft.step(
        msgspec.structs.replace(completed, status=job.status, stage=job.stage),
        _how_it_ended(completed),
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        kind=EventKind.COMPLETED,
    )


def _completed_like(draft: Draft, job: Job, known: Job) -> Job:
    """The job, completed with a copy of the known job's transcript."""
    draft.copy_transcript(known.id, job.id)
    return msgspec.structs.replace(
        job,
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        started_at=draft.at,
        completed_at=draft.at,
        duration=known.duration,
        seconds_done=known.seconds_done,
        chunks=known.chunks,
        chunks_done=known.chunks_done,
        seam=known.seam,
        released=known.released,
        seconds_by_language=known.seconds_by_language,
        language=known.language,
        language_probability=known.language_probability,
        language_candidates=known.language_candidates,
        model=known.model,
        requested_model=known.requested_model,
        engine=known.engine,
    )


def _working_on(job: Job, index: int) -> tuple[Stage, Note]:
    """What the caller is shown while this piece is worked on."""
    if index == PREPARATION:
        return Stage.PREPARING, Note("preparing")
    n = min(job.chunks, job.chunks_done + 1)
    return Stage.TRANSCRIBING, Note("transcribing", {"n": n, "total": job.chunks})


def _fail_piece(draft: Draft, piece: Piece, failure: Failure) -> None:
    """The piece failed for good. The other chunks go on, unless the failure affects all of them."""
    _settle(draft, piece, PieceState.FAILED, failure=failure)
    if failure.spoils_job or piece.index == PREPARATION:
        fail_job(draft, piece.job_id, failure)
        return
    job = draft.job(piece.job_id)
    _, note = _working_on(job, piece.index)
    draft.step(job, note, piece=piece.index, chunks_failed=job.chunks_failed + 1)
    _finish_if_all_done(draft, job.id)


def _finish_if_all_done(draft: Draft, job_id: str) -> None:
    """Once every chunk is done or has failed, the job is completed or fails."""
    job = draft.job(job_id)
    if job.chunks_done + job.chunks_failed < job.chunks:
        return
    if job.chunks_failed:
        failures = (piece.failure for piece in draft.pieces_of(job_id) if piece.index)
        fail_job(draft, job_id, next(failure for failure in failures if failure is not None))
        return
    draft.step(
        job,
        _how_it_ended(job),
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        kind=EventKind.COMPLETED,
        completed_at=draft.at,
    )
    draft.drop_pieces(job_id)


def _how_it_ended(job: Job) -> Note:
    if job.seam.next_id == 0:
        return Note("no_speech")
    if job.requested_model is None or job.model is None:
        return Note("completed")
    return Note("completed", {"used": job.model, "asked": job.requested_model})


def _settle(
    draft: Draft,
    piece: Piece,
    state: PieceState,
    result: ChunkResult | None = None,
    *,
    failure: Failure | None = None,
) -> None:
    """End the lease of the piece."""
    assert piece.token is not None
    settled = msgspec.structs.replace(piece, state=state, token=None, failure=failure)
    draft.settle(piece.token, settled, result)


def _reset(draft: Draft, piece: Piece, **changes: object) -> None:
    draft.reset(msgspec.structs.replace(piece, state=PieceState.WAITING, token=None, **changes))


def _surer(one: float | None, other: float | None) -> float | None:
    return max((each for each in (one, other) if each is not None), default=None)

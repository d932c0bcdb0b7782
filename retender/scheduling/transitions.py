"""What follows from what happens to a job: each ruling takes a draft and a fact, and writes the
consequences into the draft. Nothing is read but the draft, and nothing is done.
"""

from __future__ import annotations

import msgspec

from retender.errors import Failure, WorkerCrashed
from retender.jobs.events import EventKind
from retender.jobs.job import Job, first_step, step
from retender.jobs.messages import Note
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.retry import GiveUp, RetryPolicy, decide
from retender.jobs.states import Stage, Status
from retender.scheduling.draft import Draft
from retender.scheduling.limits import INTERRUPTIONS, SEGMENTS_PER_EVENT
from retender.scheduling.release import releasable
from retender.storage.audio import Audio
from retender.transcript.chunks import ChunkResult, Plan


class UsedModel(msgspec.Struct, frozen=True):
    """What was used to make a piece's result."""

    engine: str = ""
    model: str = ""
    requested_model: str = ""
    """The model that was asked for, where another had to be used."""

    @property
    def note(self) -> Note | None:
        """What people are to know of it."""
        if not self.requested_model:
            return None
        return Note("smaller_model", {"asked": self.requested_model, "used": self.model})


def accept(draft: Draft, job: Job, known: Job | None) -> Job:
    """A new job; `known` is a completed one with the same audio and options."""
    if known is not None:
        job = _as_known(draft, job, known)
        job, event = first_step(job, at=draft.at, note=Note("completed"))
    elif job.audio is None:
        job, event = first_step(job, at=draft.at, note=Note("uploading"))
    else:
        job, event = first_step(job, at=draft.at, note=Note("queued"))
    draft.save(job, event)
    if job.status is Status.QUEUED:
        draft.add((Piece(job_id=job.id, index=PREPARATION),))
    return job


def audio_arrived(draft: Draft, job_id: str, audio: Audio, known: Job | None) -> Job:
    job = draft.job(job_id)
    if known is not None:
        changes = _as_known(draft, msgspec.structs.replace(job, audio=audio), known)
        job, event = step(
            msgspec.structs.replace(changes, status=job.status, stage=job.stage),
            at=draft.at,
            note=Note("completed"),
            status=Status.COMPLETED,
            stage=Stage.FINALIZING,
            kind=EventKind.COMPLETED,
        )
        draft.save(job, event)
        return job
    job, event = step(
        job,
        at=draft.at,
        note=Note("queued"),
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        audio=audio,
    )
    draft.save(job, event)
    draft.add((Piece(job_id=job_id, index=PREPARATION),))
    return job


def grant(draft: Draft, job_id: str, index: int, token: str) -> Piece:
    """A piece goes to a worker under a lease."""
    piece = msgspec.structs.replace(
        draft.piece(job_id, index),
        state=PieceState.LEASED,
        token=token,
        attempts=draft.piece(job_id, index).attempts + 1,
    )
    draft.grant(piece)
    job = draft.job(job_id)
    stage, note = _at_work(job, index)
    asks_early = job.limited_until is not None and draft.at < job.limited_until
    if job.status is Status.QUEUED or (job.stage is not stage and not asks_early):
        started = draft.at if job.started_at is None else job.started_at
        job, event = step(
            job,
            at=draft.at,
            note=note,
            status=Status.PROCESSING,
            stage=stage,
            started_at=started,
            limited_until=None,
        )
        draft.save(job, event)
    return piece


def prepared(draft: Draft, piece: Piece, plan: Plan, made: UsedModel) -> None:
    """The recording is decoded and cut: its chunks can be given out."""
    _settle(draft, piece, PieceState.DONE)
    chunks = tuple(
        Piece(job_id=piece.job_id, index=index, chunk=chunk)
        for index, chunk in enumerate(plan.chunks, start=1)
    )
    if chunks:
        draft.add(chunks)
    job, event = step(
        draft.job(piece.job_id),
        at=draft.at,
        note=made.note or Note("transcribing", {"n": 1, "total": max(1, len(chunks))}),
        stage=Stage.TRANSCRIBING,
        piece=PREPARATION,
        duration=plan.duration,
        chunks=len(chunks),
        engine=draft.job(piece.job_id).engine or made.engine or None,
        whole=plan.whole,
        model=made.model or None,
        requested_model=made.requested_model or None,
        # What is not speech is done with the plan: the rest of the seconds are the chunks'.
        seconds_done=max(0.0, plan.duration - sum(chunk.own_seconds for chunk in plan.chunks)),
    )
    draft.save(job, event)
    _conclude(draft, job.id)


def transcribed(draft: Draft, piece: Piece, result: ChunkResult, made: UsedModel) -> None:
    """A chunk's text is here. It joins the transcript when all before it have."""
    chunk = piece.chunk
    assert chunk is not None
    _settle(draft, piece, PieceState.DONE, result)
    job = draft.job(piece.job_id)
    by_language = dict(job.seconds_by_language)
    if result.language is not None and result.segments:
        by_language[result.language] = by_language.get(result.language, 0.0) + chunk.seconds
    ready = releasable(draft, job)
    job = msgspec.structs.replace(
        job,
        chunks_done=job.chunks_done + 1,
        seconds_done=job.seconds_done + chunk.own_seconds,
        seconds_by_language=by_language,
        language=max(by_language, key=lambda code: (by_language[code], code))
        if by_language
        else job.language,
        language_probability=_surer(job.language_probability, result.language_probability),
        engine=job.engine or made.engine,
        model=made.model or job.model,
        requested_model=made.requested_model or job.requested_model,
    )
    if ready.upto > job.released:
        draft.release(job.id, job.released, ready.upto, ready.segments)
        job = msgspec.structs.replace(job, released=ready.upto, seam=ready.seam)
    _, note = _at_work(job, piece.index)
    for start in range(0, max(1, len(ready.segments)), SEGMENTS_PER_EVENT):
        job, event = step(
            job,
            at=draft.at,
            note=note,
            stage=Stage.TRANSCRIBING,
            segments=ready.segments[start : start + SEGMENTS_PER_EVENT],
            piece=piece.index,
        )
        draft.save(job, event)
    _conclude(draft, job.id)


def failed(
    draft: Draft, piece: Piece, failure: Failure, policy: RetryPolicy, random: float
) -> None:
    """A piece went wrong: again later, or never."""
    verdict = decide(policy, piece.attempts, failure, random)
    if isinstance(verdict, GiveUp):
        _give_up(draft, piece, failure)
        return
    _settle(draft, piece, PieceState.WAITING, failure=failure)
    draft.delays[piece.job_id, piece.index] = verdict.delay
    attempt = piece.attempts + 1
    note = Note("retrying", {"attempt": attempt, "limit": policy.attempts})
    job = draft.job(piece.job_id)
    job, event = step(
        job,
        at=draft.at,
        note=note,
        stage=Stage.RETRYING,
        piece=piece.index,
        attempt=max(job.attempt, attempt),
    )
    draft.save(job, event)


def worker_lost(
    draft: Draft, piece: Piece, failure: Failure, policy: RetryPolicy, random: float
) -> None:
    """Its worker died or fell silent with this piece in hand: maybe because of it."""
    piece = msgspec.structs.replace(piece, crashes=piece.crashes + 1)
    failed(draft, piece, failure, policy, random)


def returned(draft: Draft, piece: Piece) -> None:
    """The worker did not begin it, or never got it: as if it had not been given."""
    piece = msgspec.structs.replace(piece, attempts=max(0, piece.attempts - 1))
    _settle(draft, piece, PieceState.WAITING, failure=piece.failure)


def interrupted(draft: Draft, piece: Piece) -> None:
    """The manager died while the piece was out: its lease is void, and it waits again."""
    assert piece.token is not None
    token = piece.token
    piece = msgspec.structs.replace(
        piece, attempts=max(0, piece.attempts - 1), interruptions=piece.interruptions + 1
    )
    if piece.interruptions >= INTERRUPTIONS:
        sentence = f"the service died {INTERRUPTIONS} times while this was being worked on"
        failure = WorkerCrashed(sentence).failure()
        _give_up(draft, msgspec.structs.replace(piece, token=token), failure)
    else:
        _settle(draft, piece, PieceState.WAITING, failure=piece.failure)


def cancel(draft: Draft, job_id: str) -> Job:
    job, event = step(
        draft.job(job_id),
        at=draft.at,
        note=Note("cancelled"),
        status=Status.CANCELLED,
        kind=EventKind.CANCELLED,
        completed_at=draft.at,
    )
    draft.save(job, event)
    draft.drop_pieces(job_id)
    return job


def fail(draft: Draft, job_id: str, failure: Failure) -> Job:
    """The job is over. Pieces in hand are called off; finished ones keep their text."""
    for piece in draft.pieces_of(job_id):
        if piece.state is PieceState.LEASED:
            _reset(draft, piece, attempts=max(0, piece.attempts - 1))
    job, event = step(
        draft.job(job_id),
        at=draft.at,
        note=Note("failed"),
        status=Status.FAILED,
        kind=EventKind.ERROR,
        failure=failure,
        completed_at=draft.at,
    )
    draft.save(job, event)
    return job


def retry(draft: Draft, job_id: str) -> Job:
    """A failed job gets another chance: what is done stays done, the rest starts afresh."""
    pieces = draft.pieces_of(job_id)
    for piece in pieces:
        if piece.state is not PieceState.DONE:
            _reset(draft, piece, attempts=0, crashes=0, interruptions=0, failure=None)
    job, event = step(
        draft.job(job_id),
        at=draft.at,
        note=Note("queued"),
        status=Status.QUEUED,
        stage=Stage.QUEUED,
        failure=None,
        completed_at=None,
        chunks_failed=0,
        attempt=1,
    )
    draft.save(job, event)
    if not pieces:
        draft.add((Piece(job_id=job_id, index=PREPARATION),))
    return job


def _as_known(draft: Draft, job: Job, known: Job) -> Job:
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
        model=known.model,
        requested_model=known.requested_model,
        engine=known.engine,
    )


def _at_work(job: Job, index: int) -> tuple[Stage, Note]:
    if index == PREPARATION:
        return Stage.PREPARING, Note("preparing")
    n = min(job.chunks, job.chunks_done + 1)
    return Stage.TRANSCRIBING, Note("transcribing", {"n": n, "total": job.chunks})


def _give_up(draft: Draft, piece: Piece, failure: Failure) -> None:
    _settle(draft, piece, PieceState.FAILED, failure=failure)
    if failure.spoils_job or piece.index == PREPARATION:
        fail(draft, piece.job_id, failure)
        return
    job = draft.job(piece.job_id)
    _, note = _at_work(job, piece.index)
    job, event = step(
        job, at=draft.at, note=note, piece=piece.index, chunks_failed=job.chunks_failed + 1
    )
    draft.save(job, event)
    _conclude(draft, job.id)


def _conclude(draft: Draft, job_id: str) -> None:
    """The job is over when each of its chunks is."""
    job = draft.job(job_id)
    if job.chunks_done + job.chunks_failed < job.chunks:
        return
    if job.chunks_failed:
        failures = (piece.failure for piece in draft.pieces_of(job_id) if piece.index)
        fail(draft, job_id, next(failure for failure in failures if failure is not None))
        return
    silent = job.seam.next_id == 0
    job, event = step(
        job,
        at=draft.at,
        note=Note("no_speech" if silent else "completed"),
        status=Status.COMPLETED,
        stage=Stage.FINALIZING,
        kind=EventKind.COMPLETED,
        completed_at=draft.at,
    )
    draft.save(job, event)
    draft.drop_pieces(job_id)


def _settle(
    draft: Draft,
    piece: Piece,
    state: PieceState,
    result: ChunkResult | None = None,
    *,
    failure: Failure | None = None,
) -> None:
    assert piece.token is not None
    settled = msgspec.structs.replace(piece, state=state, token=None, failure=failure)
    draft.settle(piece.token, settled, result)


def _reset(draft: Draft, piece: Piece, **changes: object) -> None:
    draft.reset(msgspec.structs.replace(piece, state=PieceState.WAITING, token=None, **changes))


def _surer(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known) if known else None

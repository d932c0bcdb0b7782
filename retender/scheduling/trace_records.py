"""What a draft says about the traces of jobs: which parts of their lives it ends.

It is asked after the commit and before the merge: the active jobs and the leases are those from
before the draft.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from retender.jobs.events import Event
from retender.jobs.job import Job
from retender.jobs.pieces import PREPARATION, Piece, PieceState
from retender.jobs.states import Status
from retender.jobs.trace import UNTRACED, Part, TraceRecord
from retender.scheduling.dispatcher import Dispatcher, Lease
from retender.scheduling.draft import ActiveJobs, Draft


def ended_parts(
    draft: Draft, active: ActiveJobs, dispatcher: Dispatcher, now: float
) -> Iterator[TraceRecord]:
    """`now`: the monotonic time of the commit, by which leases are dated. The pieces of a job come
    before its end."""
    yield from _pieces(draft, active, dispatcher, now)
    before: dict[str, Status] = {}
    for event in draft.events:
        entry = active.get(event.job_id)
        status = before.get(event.job_id, None if entry is None else entry.job.status)
        before[event.job_id] = event.status
        if event.status is not status:
            yield from _moved(draft.jobs[event.job_id], status, event)


def _moved(job: Job, before: Status | None, event: Event) -> Iterator[TraceRecord]:
    trace = job.trace or UNTRACED
    if before in {None, Status.PENDING} and event.status is not Status.PENDING:
        began = trace.began
        if began is None and before is Status.PENDING:
            began = job.created_at
        if began is not None:
            arrived = event.status in {Status.QUEUED, Status.COMPLETED}
            upload = _of_job(Part.UPLOAD, job, began, event, "received" if arrived else "")
            yield upload if before is not None else replace(upload, ended=job.created_at)
    if before is Status.QUEUED:
        queued = job.created_at if trace.queued is None else trace.queued
        yield _of_job(Part.QUEUE, job, queued, event)
    if event.last:
        began = job.created_at if trace.began is None else trace.began
        yield _of_job(Part.JOB, job, began, event)


def _of_job(part: Part, job: Job, began: float, event: Event, outcome: str = "") -> TraceRecord:
    """`outcome`: the job's new status, if nothing else is given."""
    whole = part is Part.JOB
    return TraceRecord(
        part=part,
        job_id=job.id,
        trace=job.trace or UNTRACED,
        began=began,
        ended=event.at,
        outcome=outcome or str(event.status),
        failed=event.status is Status.FAILED,
        code="" if event.failure is None else event.failure.code,
        attempt=job.attempt if whole else None,
        engine=(whole and job.engine) or "",
        model=(whole and job.model) or "",
        audio_seconds=job.duration if whole else None,
    )


def _pieces(
    draft: Draft, active: ActiveJobs, dispatcher: Dispatcher, now: float
) -> Iterator[TraceRecord]:
    """Leases that end: each was one attempt at a piece."""
    over = {job.id for job in draft.jobs.values() if job.finished} | draft.replaced
    settled = {job_id for job_id, _ in draft.pieces}
    for job_id in sorted(over | settled):
        for lease in dispatcher.leases_of_job(job_id):
            before = _leased(active, lease)
            after = draft.pieces.get(lease.key)
            if before is None or (job_id not in over and after is None):
                continue
            if after is not None and after.state is PieceState.LEASED and job_id not in over:
                continue
            yield _attempt(draft, lease, before, after, draft.at - (now - lease.granted))


def _leased(active: ActiveJobs, lease: Lease) -> Piece | None:
    """The piece as it was under this lease; None if the lease is as new as the draft."""
    entry = active.get(lease.job_id)
    piece = None if entry is None else entry.pieces.get(lease.index)
    return piece if piece is not None and piece.token == lease.token else None


def _attempt(
    draft: Draft, lease: Lease, before: Piece, after: Piece | None, began: float
) -> TraceRecord:
    job = draft.job(lease.job_id)
    outcome = _outcome(before, after)
    failed = outcome in {"failed", "retried"}
    failure = after.failure if failed and after is not None else None
    return TraceRecord(
        part=Part.PREPARATION if lease.index == PREPARATION else Part.CHUNK,
        job_id=lease.job_id,
        trace=job.trace or UNTRACED,
        began=began,
        ended=draft.at,
        outcome=outcome,
        failed=failed,
        code="" if failure is None else failure.code,
        chunk=lease.index,
        attempt=before.attempts,
        worker=lease.worker,
        engine=lease.engine or job.engine or "",
        model=job.model or "",
        audio_seconds=before.seconds if before.chunk is not None else None,
    )


def _outcome(before: Piece, after: Piece | None) -> str:
    """`retried`: it failed, and will be tried again. `returned`: it counts as no attempt."""
    if after is None or after.state is PieceState.LEASED:
        return "cancelled"
    if after.state is PieceState.WAITING:
        return "retried" if after.attempts >= before.attempts else "returned"
    return str(after.state)

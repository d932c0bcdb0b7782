"""Jobs and their results in the shapes that clients get."""

from __future__ import annotations

from typing import Any

from actors.broadcaster import Broadcaster
from actors.job_manager import JobManager
from retender.errors import Failure
from retender.events import Passing, iso
from retender.formats import result
from retender.messages import say, tell
from retender.states import Status
from retender.submission import JobStatus
from serve_app.services import Services


async def job_view(services: Services, job_id: str, owner: str | None) -> dict[str, Any]:
    """The job as it is now, with its result if it has one. Raises `JobNotFound`."""
    status = await services.manager.ask(JobManager.status, job_id, owner)
    passing, transcript = None, None
    if status.job.status is Status.PROCESSING:
        passing = await services.broadcaster.ask(Broadcaster.latest, job_id)
    if status.job.status is Status.COMPLETED:
        transcript = await services.manager.ask(JobManager.transcript, job_id, owner)
    body = job_body(status, passing, services.settings.language)
    body["result"] = None if transcript is None else result(transcript)
    return body


def job_body(status: JobStatus, passing: Passing | None, language: str) -> dict[str, Any]:
    """Without the result. `passing` is how far it is beyond what is written down."""
    job = status.job
    progress, note, remaining = job.progress, job.note, status.estimated_time_remaining
    if passing is not None and not job.finished:
        progress = max(progress, passing.progress)
        note, remaining = passing.note, passing.estimated_time_remaining
    return {
        "job_id": job.id,
        "status": str(job.status),
        "stage": str(job.stage),
        "progress": round(progress, 1),
        "message": say(note, language),
        "created_at": iso(job.created_at),
        "started_at": _iso(job.started_at),
        "completed_at": _iso(job.completed_at),
        "estimated_time_remaining": remaining,
        "queue_position": status.queue_position,
        "attempt": job.attempt,
        "model": job.model or job.options.model or None,
        "language": job.language,
        "duration": job.duration,
        "seq": job.seq,
        "error": None if job.failure is None else failure_body(job.failure, language),
    }


def failure_body(failure: Failure, language: str) -> dict[str, Any]:
    """`message` is for whoever uploaded, `detail` for whoever runs the service."""
    return {
        "code": failure.code,
        "message": tell(failure.code, language),
        "detail": failure.message,
    }


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)

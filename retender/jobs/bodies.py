"""Builds the JSON of a job, the same in every answer that contains one."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from retender.errors import Failure
from retender.jobs.deliveries import Delivery
from retender.jobs.events import TransientProgress, iso
from retender.jobs.job import Job
from retender.jobs.messages import failure_text, note_text
from retender.jobs.submission import JobStatus

_FIELDS: Final = {"timestamps": "return_timestamps"}
"""Options whose field has another name."""


def job_body(status: JobStatus, latest: TransientProgress | None, language: str) -> dict[str, Any]:
    """The job without its result. `latest`: progress since the last stored event, if any."""
    job = status.job
    progress, stage, note = job.progress, job.stage, job.note
    remaining = status.estimated_time_remaining
    if latest is not None and not job.finished:
        progress = max(progress, latest.progress)
        if latest.after >= job.seq:
            stage, note = latest.stage, latest.note
            if latest.estimated_time_remaining is not None:
                # Until its pace is measured, the estimate of the queue stands.
                remaining = latest.estimated_time_remaining
    return {
        "job_id": job.id,
        "name": job.name or None,
        "status": str(job.status),
        "stage": str(stage),
        "progress": round(progress, 1),
        "message": note_text(note, language),
        "created_at": iso(job.created_at),
        "started_at": _iso(job.started_at),
        "completed_at": _iso(job.completed_at),
        "estimated_time_remaining": remaining,
        "queue_position": status.queue_position,
        "attempt": job.attempt,
        "model": job.model or job.options.model or None,
        "engine": job.engine,
        "language": job.language,
        "duration": job.duration,
        "seq": job.seq,
        "error": None if job.failure is None else failure_body(job.failure, language),
        "options": submitted_fields(job),
    }


def submitted_fields(job: Job) -> dict[str, Any]:
    """The fields of a submission that ask for the same as this job. Defaults are left out, and so
    is what concerns the caller and not the text: name, user and callback."""
    given = msgspec.to_builtins(job.options)
    fields = {_FIELDS.get(name, name): value for name, value in given.items()}
    if job.options.languages:
        fields["languages"] = ",".join(job.options.languages)
    if job.priority:
        fields["priority"] = job.priority
    return fields


def failure_body(failure: Failure, language: str) -> dict[str, Any]:
    """`message` is for the user who uploaded, `detail` for the operator of the service."""
    return {
        "code": failure.code,
        "message": failure_text(failure.code, language),
        "detail": failure.message,
    }


def callback_body(callback: Delivery | None) -> dict[str, Any] | None:
    """The state of the webhook. The last error stays after the last attempt."""
    if callback is None:
        return None
    return {
        "state": str(callback.state),
        "attempts": callback.attempts,
        "last_error": callback.last_error or None,
    }


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)

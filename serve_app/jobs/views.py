"""Jobs with their results, as they are at this moment."""

from __future__ import annotations

from typing import Any

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from retender.jobs.bodies import callback_body, job_body
from retender.jobs.events import TransientProgress
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus
from retender.transcript.formats import result
from serve_app.services import Services


async def job_view(
    services: Services, job_id: str, owner: str | None, language: str = ""
) -> dict[str, Any]:
    """The job as it is now, with its result if it has one. Raises `JobNotFound`."""
    status = await services.manager.ask(JobManager.status, job_id, owner)
    return await current(services, status, language or services.settings.language)


async def current(services: Services, status: JobStatus, language: str) -> dict[str, Any]:
    job = status.job
    transcript = None
    if job.status is Status.COMPLETED:
        transcript = await services.manager.ask(JobManager.transcript, job.id)
    body = job_body(status, await latest(services, status), language)
    body["result"] = None if transcript is None else result(transcript)
    body["callback"] = callback_body(status.callback)
    return body


async def latest(services: Services, status: JobStatus) -> TransientProgress | None:
    """How far a job that comes in or is being worked on is beyond what is written down."""
    if status.job.status not in {Status.PENDING, Status.PROCESSING}:
        return None
    return await services.broadcaster.ask(Broadcaster.latest, status.job.id)

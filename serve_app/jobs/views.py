"""Jobs as clients get them: their state at this moment, with the result once there is one."""

from __future__ import annotations

from typing import Any

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from retender.errors import Unreachable
from retender.jobs.bodies import callback_body, job_body
from retender.jobs.events import TransientProgress
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus
from retender.transcript.formats import result
from retender.transcript.segments import Transcript
from serve_app.state.asking import ask_again
from serve_app.state.services import Services


async def job_view(
    services: Services, job_id: str, owner: str | None, language: str
) -> dict[str, Any]:
    """Raises `JobNotFound`."""
    status, transcript = await ask_again(
        lambda: services.manager.ask(JobManager.snapshot, job_id, owner)
    )
    progress = await transient_progress(services, status.job)
    return snapshot_view(status, transcript, progress, language)


def snapshot_view(
    status: JobStatus,
    transcript: Transcript | None,
    progress: TransientProgress | None,
    language: str,
) -> dict[str, Any]:
    body = job_body(status, progress, language)
    body["result"] = None if transcript is None else result(transcript)
    body["callback"] = callback_body(status.callback)
    return body


async def transient_progress(services: Services, job: Job) -> TransientProgress | None:
    """Progress beyond what is stored, of a job whose recording arrives or is being worked on. None,
    too, while the Broadcaster restarts: what is stored is true as well."""
    if job.status not in {Status.PENDING, Status.PROCESSING}:
        return None
    try:
        return await services.broadcaster.ask(Broadcaster.latest, job.id)
    except Unreachable:
        return None

"""Jobs as clients get them: their state at this moment, with the result once there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from actors.broadcasting.broadcaster import Broadcaster
from actors.manager.job_manager import JobManager
from retender.errors import Unreachable
from retender.jobs.bodies import callback_body, job_body
from retender.jobs.events import TransientProgress
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus
from retender.transcript.formats import result_passes
from retender.transcript.passes import members
from serve_app.description import answers
from serve_app.jobs.texts import answer, open_text
from serve_app.limits import LIVE_MESSAGE_BYTES
from serve_app.state.asking import ask_again
from serve_app.state.live_messages import result_or_none
from serve_app.state.services import Services


async def status_of(services: Services, job_id: str, owner: str | None) -> JobStatus:
    """Raises `JobNotFound`."""
    return await ask_again(lambda: services.manager.ask(JobManager.status, job_id, owner))


async def job_answer(
    services: Services, job_id: str, owner: str | None, language: str, *, text: bool = True
) -> Response:
    """The job as it is now; with its result, if it is completed and `text` is wanted."""
    status = await status_of(services, job_id, owner)
    progress = await transient_progress(services, status.job)
    body = status_view(status, progress, language)
    if not text or status.job.status is not Status.COMPLETED:
        return answers.json(body)
    del body["result"]
    found = await open_text(services, job_id, owner)
    before = b"{" + members(body) + b',"result":{'
    return await answer(found, result_passes(found.about, before, b"}}"))


async def live_view(
    services: Services, status: JobStatus, owner: str | None, language: str
) -> dict[str, Any]:
    """For a message to a follower: a result that is too long for it is left out."""
    progress = await transient_progress(services, status.job)
    body = status_view(status, progress, language)
    if status.job.status is Status.COMPLETED:
        text = await open_text(services, status.job.id, owner)
        body |= result_or_none(await text.short(LIVE_MESSAGE_BYTES))
    return body


def status_view(
    status: JobStatus, progress: TransientProgress | None, language: str
) -> dict[str, Any]:
    """Without the result."""
    body = job_body(status, progress, language)
    body["result"] = None
    body["callback"] = callback_body(status.callback)
    return body


async def transient_progress(services: Services, job: Job) -> TransientProgress | None:
    """Progress beyond what is stored, of a job whose recording arrives or is being worked on. None,
    too, while the Broadcaster restarts: what is stored is true as well."""
    return (await transient_progress_of(services, [job])).get(job.id)


async def transient_progress_of(
    services: Services, jobs: Sequence[Job]
) -> dict[str, TransientProgress]:
    """The same of several jobs."""
    moving = tuple(job.id for job in jobs if job.status in {Status.PENDING, Status.PROCESSING})
    if not moving:
        return {}
    try:
        found = await services.broadcaster.ask(Broadcaster.latest_of, moving)
    except Unreachable:
        return {}
    return {progress.job_id: progress for progress in found}

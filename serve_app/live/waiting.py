"""Waits for a job's end, for a request that is answered with the result."""

from __future__ import annotations

from contextlib import suppress

from fastapi import Request

from actors.manager.job_manager import JobManager
from retender import errors
from retender.jobs.events import Event, EventKind
from retender.jobs.job import Job
from serve_app.live.following import follow, until_disconnected
from serve_app.state.services import Services


async def until_done(services: Services, request: Request, job: Job, *, keep: bool = False) -> None:
    """Returns when the job is completed; else raises the job's error, with its id in the details.
    `job` is the job as it was submitted, or as it was found if it existed already.

    A client that hangs up cancels its job, unless `keep`. When the service stops, the client is
    told to come back for the job, which goes on after the next start.
    """
    client = until_disconnected(request.receive)
    async with follow(services, job, client, since=job.seq - 1) as updates:
        async for _ in updates:
            pass
    if updates.last is not None:
        _raise_for(updates.last)
    elif updates.client_left:
        if not keep:
            await cancel(services, job.id)
        raise errors.IncompleteUpload("the client hung up", job_id=job.id)
    else:
        raise errors.Draining(stopping(job.id), job_id=job.id, retry_after=10.0)


async def cancel(services: Services, job_id: str) -> None:
    """Cancel the job if it can still be cancelled."""
    with suppress(errors.RetenderError):
        await services.manager.ask(JobManager.cancel, job_id)


def stopping(job_id: str) -> str:
    return f"the service is stopping; job {job_id} goes on when it is back"


def _raise_for(event: Event) -> None:
    if event.kind is EventKind.CANCELLED:
        raise errors.JobCancelled(f"job {event.job_id} was cancelled", job_id=event.job_id)
    if event.kind is EventKind.ERROR:
        failure = event.failure or errors.Failure("internal", "the job failed")
        details = {"job_id": event.job_id, "retry_after": failure.retry_after}
        raise errors.RetenderError.from_value(
            errors.ErrorValue(failure.code, failure.message, details)
        )

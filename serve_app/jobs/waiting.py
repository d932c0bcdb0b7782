"""Waiting for a job's end on behalf of a client that stays on the line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import Request

from actors.broadcasting.hub import TooSlow
from actors.manager.job_manager import JobManager
from retender.errors import (
    Draining,
    ErrorValue,
    Failure,
    IncompleteUpload,
    JobCancelled,
    RetenderError,
)
from retender.jobs.events import Event, EventKind
from retender.jobs.job import Job
from serve_app.live.socket_rules import ends
from serve_app.services import Services


async def until_done(services: Services, request: Request, job: Job, *, keep: bool = False) -> None:
    """Returns when the job is completed; raises what it failed of, with its id in the details. It
    may be one that was there before: `job` is how it was found.

    A client that hangs up cancels its job, unless it is to be kept. When the service stops, the
    client is told to come back for the job, which goes on with the next start.
    """
    ended = asyncio.create_task(_end_of(services, job))
    gone = asyncio.create_task(_hung_up(request))
    closing = asyncio.create_task(services.closing.wait())
    async with _cancelled_at_the_end(ended, gone, closing):
        await asyncio.wait({ended, gone, closing}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            _raise_for(ended.result())
        elif gone.done():
            if not keep:
                await cancel(services, job.id)
            raise IncompleteUpload("the client hung up", job_id=job.id)
        else:
            raise Draining(
                f"the service is stopping; job {job.id} goes on when it is back",
                job_id=job.id,
                retry_after=10.0,
            )


async def cancel(services: Services, job_id: str) -> None:
    """As far as it still can be."""
    with suppress(RetenderError):
        await services.manager.ask(JobManager.cancel, job_id)


async def _end_of(services: Services, job: Job) -> Event:
    """An attempt that failed before it was retried is not its end."""
    since = job.seq - 1
    while True:
        async with services.hub.follow(job.id, since) as news:
            try:
                async for each in news:
                    if isinstance(each, Event) and ends(each, job.seq):
                        return each
            except TooSlow:
                since = news.seq


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _raise_for(event: Event) -> None:
    if event.kind is EventKind.CANCELLED:
        raise JobCancelled(f"job {event.job_id} was cancelled", job_id=event.job_id)
    if event.kind is EventKind.ERROR:
        failure = event.failure or Failure("internal", "the job failed")
        details = {"job_id": event.job_id, "retry_after": failure.retry_after}
        raise RetenderError.from_value(ErrorValue(failure.code, failure.message, details))


@asynccontextmanager
async def _cancelled_at_the_end(*tasks: asyncio.Task[Any]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

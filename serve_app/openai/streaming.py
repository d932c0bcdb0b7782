"""A transcript as it comes, in OpenAI's events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from starlette.responses import StreamingResponse

from actors.broadcasting.hub import Follower, TooSlow
from actors.manager.job_manager import JobManager
from retender.errors import Draining, Failure, JobCancelled
from retender.jobs.events import Event, EventKind
from retender.jobs.job import Job
from serve_app.jobs.waiting import cancel
from serve_app.live.socket_rules import ends
from serve_app.middleware.errors import shaped
from serve_app.openai.answers import delta_event, done_event, error_event
from serve_app.openai.deltas import Deltas
from serve_app.services import Services

_SIGN_OF_LIFE: Final = 15.0
"""Seconds without news after which a comment is sent, so that no proxy takes the line for dead."""

_COMMENT: Final = b":\n\n"


def streamed(
    services: Services, request: Request, job: Job, *, keep: bool = False
) -> StreamingResponse:
    """A client that hangs up cancels its job, unless it is to be kept."""
    headers = {
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "Retender-Job-Id": job.id,
    }
    events = _events(services, request, job, keep=keep)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(
    services: Services, request: Request, job: Job, *, keep: bool
) -> AsyncIterator[bytes]:
    """A client that hangs up ends this; so does a service that stops, which cancels nothing."""
    job_id = job.id
    deltas = Deltas()
    over = False
    try:
        async with services.hub.follow(job_id) as news:
            while not over and not services.closing.begun:
                event = await _next(news, services)
                if event is None:
                    yield _COMMENT
                    continue
                if delta := deltas.add(event.segments):
                    yield delta_event(delta)
                if ends(event, job.seq):
                    over = True
                    async for last in _end(services, request, event, deltas.text):
                        yield last
        if not over:
            later = f"the service is stopping; job {job_id} goes on when it is back"
            yield error_event(_error(request, Draining.code, later, job_id))
    except TooSlow:
        yield error_event(_error(request, "too_slow", "the answer was not read in time", job_id))
    finally:
        if not (over or keep or services.closing.begun):
            await asyncio.shield(cancel(services, job_id))


async def _next(news: Follower, services: Services) -> Event | None:
    """None: nothing came for a while, or the service is stopping."""
    coming = asyncio.ensure_future(_event(news))
    closing = asyncio.ensure_future(services.closing.wait())
    try:
        await asyncio.wait(
            {coming, closing}, timeout=_SIGN_OF_LIFE, return_when=asyncio.FIRST_COMPLETED
        )
        return coming.result() if coming.done() else None
    finally:
        coming.cancel()
        closing.cancel()


async def _event(news: Follower) -> Event:
    async for each in news:
        if isinstance(each, Event):
            return each
    raise AssertionError("a follower has no end of its own")


async def _end(
    services: Services, request: Request, event: Event, told: str
) -> AsyncIterator[bytes]:
    if event.kind is EventKind.COMPLETED:
        # Where the text was known already, no segments have come before.
        transcript = await services.manager.ask(JobManager.transcript, event.job_id)
        if rest := transcript.text.removeprefix(told):
            yield delta_event(rest)
        yield done_event(told + rest)
    elif event.kind is EventKind.CANCELLED:
        yield error_event(_error(request, JobCancelled.code, "the job was cancelled", event.job_id))
    else:
        failure = event.failure or Failure("internal", "the job failed")
        yield error_event(_error(request, failure.code, failure.message, event.job_id))


def _error(request: Request, code: str, message: str, job_id: str) -> dict[str, object]:
    return shaped(request, code, message, {"job_id": job_id})[1]

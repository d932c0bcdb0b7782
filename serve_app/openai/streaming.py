"""Streams a transcript while it is made, as OpenAI's events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from fastapi import Request
from starlette.types import Receive

from actors.broadcasting.hub import TooSlow
from retender.errors import Draining, Failure, JobCancelled
from retender.jobs.events import Event, EventKind
from retender.jobs.job import Job
from retender.transcript.segments import Joiner
from serve_app.jobs.texts import open_text
from serve_app.live.following import follow, until_disconnected
from serve_app.live.stream import HEARTBEAT, EventStream
from serve_app.live.waiting import cancel, stopping
from serve_app.middleware.errors import shaped
from serve_app.openai.answers import delta_event, done_event, error_event
from serve_app.openai.deltas import Deltas
from serve_app.state.services import Services

_HEARTBEAT_SECONDS: Final = 15.0


def streamed(services: Services, request: Request, job: Job, *, keep: bool = False) -> EventStream:
    """A client that hangs up cancels its job, unless `keep`."""
    return EventStream(
        lambda receive: _events(services, request, job, receive, keep=keep),
        headers={"Retender-Job-Id": job.id},
    )


async def _events(
    services: Services, request: Request, job: Job, receive: Receive, *, keep: bool
) -> AsyncGenerator[str, None]:
    """Ends after the job's end, when the client has left, and when the service stops: then the job
    is not cancelled."""
    sent = Deltas()
    ended = False
    try:
        async with follow(services, job, until_disconnected(receive), since=0) as updates:
            updates.wake_after(_HEARTBEAT_SECONDS)
            async for update in updates:
                if update is None:
                    yield HEARTBEAT
                elif not isinstance(update, Event):
                    continue
                elif delta := sent.add(update.segments):
                    yield delta_event(delta)
                updates.wake_after(_HEARTBEAT_SECONDS)
            if updates.last is not None:
                ended = True
                async for text in _end(services, request, updates.last, sent.text):
                    yield text
        if services.closing.begun and not ended:
            yield _error(request, Draining.code, stopping(job.id), job.id)
    except TooSlow:
        yield _error(request, "too_slow", "the answer was not read in time", job.id)
    finally:
        if not (ended or keep or services.closing.begun):
            await asyncio.shield(cancel(services, job.id))


async def _end(services: Services, request: Request, event: Event, sent: str) -> AsyncIterator[str]:
    if event.kind is EventKind.COMPLETED:
        # A job that is answered from the cache has no events with segments.
        paged, joiner = await open_text(services, event.job_id), Joiner()
        texts = [joiner.add(each.text for each in page) async for page in paged.pages()]
        if rest := "".join(texts).removeprefix(sent):
            yield delta_event(rest)
        yield done_event(sent + rest)
    elif event.kind is EventKind.CANCELLED:
        yield _error(request, JobCancelled.code, "the job was cancelled", event.job_id)
    else:
        failure = event.failure or Failure("internal", "the job failed")
        yield _error(request, failure.code, failure.message, event.job_id)


def _error(request: Request, code: str, message: str, job_id: str) -> str:
    return error_event(shaped(request, code, message, {"job_id": job_id})[1])

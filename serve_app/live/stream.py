"""`/job/{job_id}/events`: the same news as Server-Sent Events, for networks that break sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from actors.broadcasting.hub import Follower, TooSlow
from retender.errors import InvalidOption, JobNotFound, RetenderError
from serve_app.access import callers
from serve_app.description import answers
from serve_app.live.alarm import Alarm
from serve_app.live.entry import by_ticket, reader_of
from serve_app.live.messages import LiveMessage
from serve_app.live.watch import JobWatch, watch
from serve_app.services import Given, Services

router = APIRouter(tags=["live"])

RETRY_MILLISECONDS: Final = 2000
"""A browser whose stream has broken off comes back after so long."""

_HEARTBEAT: Final = ":\n\n"
_EXAMPLE: Final = (
    "retry: 2000\n\n"
    'event: connected\ndata: {"type": "connected", "job_id": "4f1c", "data": {…}}\n\n'
    'id: 7\nevent: progress\ndata: {"type": "progress", "job_id": "4f1c", "data": {…}, "seq": 7}'
    "\n\n"
)

_Number = Annotated[int | None, Query(ge=0, description="The last number that was seen.")]
_LastNumber = Annotated[int | None, Header(ge=0, description="Sent by browsers; goes first.")]


def _seen(since: _Number = None, last_event_id: _LastNumber = None) -> int | None:
    return since if last_event_id is None else last_event_id


Seen = Annotated[int | None, Depends(_seen)]


@router.get(
    "/job/{job_id}/events",
    response_class=Response,
    dependencies=[Depends(by_ticket)],
    responses={
        200: {
            "description": "The messages of the WebSocket, each with its number as `id`.",
            "content": {"text/event-stream": {"example": _EXAMPLE}},
        },
        204: {"description": "Nothing is left to tell after that number: do not come back."},
        **answers.errors(JobNotFound, InvalidOption),
    },
)
async def job_events(
    job_id: str,
    request: Request,
    services: Given,
    caller: callers.Reader,
    seen: Seen,
) -> Response:
    """Follow a job. The stream ends after its last message."""
    if services.closing.begun:
        # Browsers give up on an error, but come back to a stream that ends.
        return EventStream(services, None, ())
    watching = await watch(services, job_id, caller.owner, seen, reader_of(request))
    if watching.opening.over:
        return Response(status_code=204)
    return EventStream(services, watching, await watching.greeting())


def framed(message: LiveMessage) -> str:
    number = "" if message.seq is None else f"id: {message.seq}\n"
    return f"{number}event: {message.kind}\ndata: {message.text}\n\n"


class EventStream(Response):
    """Ends when all is told, when the service stops, and for a client that is too slow or has
    left; a slow one is waited for no longer than its connection is."""

    media_type = "text/event-stream"

    def __init__(
        self, services: Services, watching: JobWatch | None, greeting: tuple[LiveMessage, ...]
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["Content-Length"]
        self._services = services
        self._watch = watching
        self._greeting = greeting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what every ASGI application is given
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        opening = "".join(map(framed, self._greeting))
        await _write(send, f"retry: {RETRY_MILLISECONDS}\n\n{opening}")
        if self._watch is not None:
            leaving = asyncio.create_task(_until_left(receive))
            try:
                with suppress(TooSlow, RetenderError):
                    await self._tell(send, self._watch, leaving)
            finally:
                leaving.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, send: Send, watching: JobWatch, leaving: asyncio.Task[None]) -> None:
        closing = self._services.closing
        async with watching.follow() as follower:
            leaving.add_done_callback(lambda _: follower.stir())
            alarm = Alarm(follower.stir)
            try:
                with closing.telling(follower.stir):
                    await self._take_turns(send, watching, follower, leaving, alarm)
            finally:
                alarm.cancel()

    async def _take_turns(
        self,
        send: Send,
        watching: JobWatch,
        follower: Follower,
        leaving: asyncio.Task[None],
        alarm: Alarm,
    ) -> None:
        clock, interval = self._services.clock, self._services.settings.ping_interval
        beat_at = clock.monotonic() + interval
        while not (leaving.done() or self._services.closing.begun):
            news = follower.take()
            if news is not None:
                await _write(send, framed(await watching.message(news)))
                if watching.ends(news):
                    return
            elif clock.monotonic() >= beat_at:
                await _write(send, _HEARTBEAT)
                beat_at = clock.monotonic() + interval
            else:
                alarm.set(beat_at - clock.monotonic())
                await follower.stirred()


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""`/job/{job_id}/events`: a job's messages as Server-Sent Events.

They are the messages of the WebSocket, for networks that break WebSockets.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from actors.broadcasting.hub import TooSlow
from retender.errors import InvalidOption, JobNotFound, RetenderError
from serve_app.access import callers
from serve_app.description import answers
from serve_app.live.admission import by_ticket, reader_of
from serve_app.live.following import until_disconnected
from serve_app.live.opening import OpenedFollow, open_follow
from serve_app.state.live_messages import LiveMessage
from serve_app.state.services import Given, Services

router = APIRouter(tags=["live"])

RETRY: Final = "retry: 2000\n\n"
"""Milliseconds after which a browser reconnects when its stream has broken off."""

HEARTBEAT: Final = ":\n\n"
"""A comment, sent so that no proxy closes a silent stream."""

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


class EventStream(Response):
    """Sends text while it is made. `make` is given what the client sends (`receive`), so that the
    text can end when the client has left."""

    media_type = "text/event-stream"

    def __init__(
        self,
        make: Callable[[Receive], AsyncGenerator[str, None]],
        headers: dict[str, str] | None = None,
    ) -> None:
        own = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers={**own, **(headers or {})})
        del self.headers["Content-Length"]
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what every ASGI application is given
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        async with aclosing(self._make(receive)) as texts:
            async for text in texts:
                body = {"body": text.encode(), "more_body": True}
                await send({"type": "http.response.body", **body})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


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
    job_id: str, request: Request, services: Given, caller: callers.Reader, seen: Seen
) -> Response:
    """Follow a job. The stream ends after its last message."""
    if services.closing.begun:
        # Browsers do not reconnect after an error, but after a stream that ends.
        return EventStream(lambda _: _nothing())
    opened = await open_follow(services, job_id, caller.owner, seen, reader_of(request))
    if opened.opening.over:
        return Response(status_code=204)
    return EventStream(lambda receive: _messages(services, opened, receive))


async def _nothing() -> AsyncGenerator[str, None]:
    yield RETRY


async def _messages(
    services: Services, opened: OpenedFollow, receive: Receive
) -> AsyncGenerator[str, None]:
    """Ends after the last message, when the service stops, and for a client that is too slow. How
    long one that takes nothing is waited for is up to its connection."""
    yield RETRY + "".join(map(_framed, opened.first_messages))
    opened.first_messages.clear()
    interval = services.settings.ping_interval
    with suppress(TooSlow, RetenderError):
        async with opened.updates(until_disconnected(receive)) as updates:
            updates.wake_after(interval)
            async for update in updates:
                if update is not None:
                    yield _framed(await opened.message(update))
                else:
                    yield HEARTBEAT
                    updates.wake_after(interval)


def _framed(message: LiveMessage) -> str:
    number = "" if message.seq is None else f"id: {message.seq}\n"
    return f"{number}event: {message.kind}\ndata: {message.text}\n\n"

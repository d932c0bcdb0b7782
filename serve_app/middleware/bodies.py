"""Limits the body of a request: its size, and how slowly it may arrive. The server limits neither.

A body whose declared length is too large is refused before it is read. A body that turns out too
large, stops, arrives too slowly or breaks off ends the request with an error of its own, wherever
the app is reading it. A client that is refused while it still sends can read why: for a while what
it sends is thrown away, and only then is the connection closed. To close it at once would destroy
the answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.runtime.api import Clock
from retender.errors import IncompleteUpload, RetenderError, TooLarge, UploadStalled
from serve_app import limits
from serve_app.middleware import errors
from serve_app.settings import BodyTimeouts

UPLOADING: Final = ("/transcribe", "/uploads", "/v1/audio/", "/openai/v1/audio/")
"""How the addresses begin that recordings are sent to."""


class Bodies:
    def __init__(
        self, app: ASGIApp, most_bytes: int, body_timeouts: BodyTimeouts, clock: Clock
    ) -> None:
        """`most_bytes` is the limit of a recording."""
        self._app = app
        self._most_bytes = most_bytes
        self._timeouts = body_timeouts
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope)
        body = _Body(Headers(scope=scope), receive, limit, self._timeouts, self._clock)
        answer = _Answer(send, body)
        try:
            body.check_declared()
            await self._app(scope, body.receive, answer.send)
        except RetenderError as error:
            if body.error is not error:
                raise
        if body.error is not None and not answer.begun:
            request = Request(scope)
            refusal = errors.answer(request, body.error)
            await refusal(scope, body.receive, answer.send_anyway)
        await answer.close()

    def _limit(self, scope: Scope) -> int:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith("/job/") and path.endswith("/transcript"):
            return limits.TRANSCRIPT_BYTES
        if not path.startswith(UPLOADING):
            return limits.PLAIN_BODY_BYTES
        return self._most_bytes + (limits.FORM_BYTES if scope["method"] == "POST" else 0)


class _Body:
    """Passes the body of a request on to the app, and checks it."""

    def __init__(
        self,
        headers: Headers,
        receive: Receive,
        limit: int,
        body_timeouts: BodyTimeouts,
        clock: Clock,
    ) -> None:
        self._receive = receive
        self._limit = limit
        self._timeouts = body_timeouts
        self._clock = clock
        declared = headers.get("content-length", "0")
        self.declared = int(declared) if declared.isdecimal() else 0
        self.complete = self.declared == 0 and "transfer-encoding" not in headers
        self.error: RetenderError | None = None
        """Why the body ended before it was whole."""
        self._size = 0
        self._window_seconds = 0.0
        self._window_bytes = 0

    def check_declared(self) -> None:
        if self.declared > self._limit:
            raise self._failed(self._too_large())

    async def receive(self) -> Message:
        if self.error is not None:
            raise self.error
        if self.complete:
            return await self._receive()
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._timeouts.idle):
                message = await self._receive()
        except TimeoutError as error:
            idle = f"nothing of the upload came for {self._timeouts.idle:g} s"
            raise self._failed(UploadStalled(idle)) from error
        if message["type"] == "http.disconnect":
            raise self._failed(IncompleteUpload("the client left before the upload was whole"))
        self.complete = not message.get("more_body", False)
        self._count(len(message.get("body", b"")), self._clock.monotonic() - began)
        return message

    @property
    def must_close(self) -> bool:
        """True if so much of the body is unread that the connection must be closed. The server
        itself reads a short rest that the app leaves unread."""
        return not self.complete and not 0 < self.declared <= limits.PLAIN_BODY_BYTES

    async def discard(self) -> None:
        """Read on until the body is whole or the client has left."""
        while not self.complete:
            async with asyncio.timeout(limits.LINGER_IDLE_SECONDS):
                message = await self._receive()
            if message["type"] == "http.disconnect":
                return
            self.complete = not message.get("more_body", False)

    def _count(self, size: int, waited: float) -> None:
        """Only time spent waiting for the client counts: the service itself may be slow."""
        self._size += size
        if self._size > self._limit:
            raise self._failed(self._too_large())
        self._window_bytes += size
        self._window_seconds += waited
        if self._window_seconds >= self._timeouts.window and not self.complete:
            rate = self._window_bytes / self._window_seconds
            if rate < self._timeouts.least_rate:
                slow = f"the upload comes at {rate:.0f} bytes a second"
                least = f"less than {self._timeouts.least_rate} are not waited for"
                raise self._failed(UploadStalled(f"{slow}; {least}"))
            self._window_bytes, self._window_seconds = 0, 0.0

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request is larger than {self._limit} bytes", limit=self._limit)

    def _failed(self, error: RetenderError) -> RetenderError:
        self.error = error
        return error


class _Answer:
    """Passes the app's answer on to the client. After an error of the body it is not sent."""

    def __init__(self, send: Send, body: _Body) -> None:
        self._send = send
        self._body = body
        self._lingering = False
        self.begun = False

    async def send(self, message: Message) -> None:
        if self._body.error is None or self.begun:
            await self.send_anyway(message)

    async def send_anyway(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            if self._body.must_close:
                self._lingering = True
                MutableHeaders(scope=message)["Connection"] = "close"
        elif self._lingering and not message.get("more_body", False):
            message = {**message, "more_body": True}
        await self._send(message)

    async def close(self) -> None:
        if not self._lingering:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.LINGER_SECONDS_MOST):
                await self._body.discard()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
